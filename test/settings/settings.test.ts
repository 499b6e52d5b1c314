import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsError } from '../../src/settings/mistakes.ts';
import { readSettings } from '../../src/settings/settings.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'settings-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const read = (environment: Record<string, string> = {}) => readSettings(environment, { directory });

function file(name: string, text: string): string {
  writeFileSync(join(directory, name), text);
  return name;
}

function config(content: unknown): void {
  file('catalog-mirror.config.json', JSON.stringify(content));
}

/** The mistakes as `setting: problem`, in their order. */
function mistakes(environment: Record<string, string>): string[] {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.mistakes.map(({ setting, problem }) => `${setting}: ${problem}`);
    throw error;
  }
  return [];
}

describe('settings that say nothing', () => {
  it('have the defaults of the design', () => {
    expect(read()).toMatchObject({
      catalog: { url: null, allowHttp: false, timeoutMs: 20_000, maxRequestsPerSecond: null },
      databaseUrl: null,
      redisUrl: null,
      home: join(directory, '.catalog-mirror'),
      mirror: {
        pageSize: 200,
        pageConcurrency: 4,
        organizationConcurrency: 4,
        maxRemoval: 0.2,
        maxPasses: 3,
        maxExtraReads: 1,
        maxLooks: 12,
        resumeMinutes: 60,
      },
      letters: { keepDays: 90 },
      server: { host: '127.0.0.1', port: 8080, token: null },
      organizations: [],
      warnings: [],
    });
    expect(read().forOrganization('acme')).toEqual({
      organization: 'acme',
      kinds: ['models'],
      includePublic: false,
      cron: '0 3 * * *',
      timeZone: 'UTC',
      credentials: null,
    });
  });

  it('are the same when every variable is there but empty', () => {
    const empty = {
      MIRROR_PAGE_SIZE: '',
      CATALOG_URL: ' ',
      CATALOG_TOKEN: '',
      DATABASE_URL: '',
      CATALOG_ORGANIZATIONS: '',
    };
    expect(JSON.stringify(read(empty))).toBe(JSON.stringify(read()));
  });

  it('cannot be changed', () => {
    const settings = read({ CATALOG_ORGANIZATIONS: 'acme' });
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.organizations)).toBe(true);
    expect(Object.isFrozen(settings.organizations[0])).toBe(true);
    expect(Object.isFrozen(settings.mirror)).toBe(true);
  });
});

describe('settings of the environment', () => {
  it('are read from their texts', () => {
    const settings = read({
      CATALOG_URL: ' https://catalog.example.com/api/v1/ ',
      CATALOG_TIMEOUT_SECONDS: '2.5',
      CATALOG_MAX_REQUESTS_PER_SECOND: '0.5',
      CATALOG_MIRROR_HOME: 'data',
      MIRROR_PAGE_SIZE: '50',
      MIRROR_MAX_REMOVAL: '0',
    });
    expect(settings.catalog.url?.href).toBe('https://catalog.example.com/api/v1');
    expect(settings.catalog.timeoutMs).toBe(2500);
    expect(settings.catalog.maxRequestsPerSecond).toBe(0.5);
    expect(settings.home).toBe(join(directory, 'data'));
    expect(settings.mirror.pageSize).toBe(50);
    expect(settings.mirror.maxRemoval).toBe(0);
  });

  it.each([
    ['true', true],
    ['YES', true],
    ['1', true],
    ['false', false],
    ['No', false],
    ['0', false],
  ])('take %s for %s', (written, value) => {
    expect(read({ CATALOG_INCLUDE_PUBLIC: written }).forOrganization('acme').includePublic).toBe(value);
  });

  it.each(['a/b', '1/b', '/b', '1#b', '1?b', 'a%b', 'a%ffb'])(
    'refuse an address with the password %s unescaped',
    (password) => {
      const escapes = 'in a user or a password, / is written %2F, # %23, ? %3F, @ %40 and % %25';
      const written = { DATABASE_URL: `postgres://me:${password}@host/db`, REDIS_URL: `redis://:${password}@host/0` };
      expect(mistakes(written)).toEqual([
        `DATABASE_URL: its value is not an address (${escapes})`,
        `REDIS_URL: its value is not an address (${escapes})`,
      ]);
    },
  );

  it('take a password that is escaped, and one among the parameters', () => {
    const escaped = `postgres://me:${encodeURIComponent('a/b#c?d@e%f')}@host/db`;
    for (const written of [escaped, 'postgres://host/db?user=me&password=a@b', 'postgres://me:a:b@host/db']) {
      expect(read({ DATABASE_URL: written }).databaseUrl?.reveal()).toBe(written);
    }
  });

  it.each([
    ['MIRROR_PAGE_SIZE', '201', '"201" is above 200'],
    ['MIRROR_PAGE_SIZE', '0', '"0" is below 1'],
    ['MIRROR_PAGE_SIZE', '1e2', '"1e2" is not a whole number'],
    ['MIRROR_PAGE_SIZE', '-1', '"-1" is not a whole number'],
    ['MIRROR_PAGE_CONCURRENCY', '65', '"65" is above 64'],
    ['MIRROR_ORGANIZATION_CONCURRENCY', '0', '"0" is below 1'],
    ['MIRROR_MAX_REMOVAL', '1.01', '"1.01" is above 1'],
    ['MIRROR_MAX_REMOVAL', '20%', '"20%" is not a number'],
    ['MIRROR_MAX_PASSES', '11', '"11" is above 10'],
    ['MIRROR_RESUME_MINUTES', '1.5', '"1.5" is not a whole number'],
    ['MIRROR_KEEP_LETTERS_DAYS', '-1', '"-1" is not a whole number'],
    ['MIRROR_KEEP_LETTERS_DAYS', '36501', '"36501" is above 36500'],
    ['CATALOG_TIMEOUT_SECONDS', '0', '"0" is not above 0'],
    ['CATALOG_INCLUDE_PUBLIC', 'maybe', '"maybe" is neither true nor false'],
    ['MIRROR_TIMEZONE', 'Berlin/Europe', '"Berlin/Europe" is not a time zone that this machine knows'],
    ['MIRROR_TIMEZONE', '+02:00', '"+02:00" is not a time zone that this machine knows'],
    ['MIRROR_CRON', '0 3 * *', '"0 3 * *" has 4 fields'],
    ['MIRROR_CRON', '@daily', '"@daily" has 1 field'],
    ['SERVER_PORT', '65536', '"65536" is above 65535'],
    ['SERVER_HOST', 'http://here', '"http://here" is not an address or a host name'],
    ['CATALOG_ORGANIZATIONS', 'acme,a/b', '"acme,a/b" has a slash, a blank or a control character'],
    ['CATALOG_ORGANIZATIONS', 'acme,two words', '"acme,two words" has a slash, a blank or a control character'],
    ['CATALOG_ORGANIZATIONS', '..', '".." is a path, not a name'],
    ['CATALOG_URL', 'http://catalog.example.com', 'it is http, which would send the token unencrypted'],
    ['CATALOG_URL', 'catalog.example.com', 'it is not an absolute URL'],
  ])('refuse %s=%s', (setting, written, problem) => {
    expect(mistakes({ [setting]: written })).toEqual([`${setting}: ${problem}`]);
  });

  it.each(['61 3 * * *', 'x 3 * * *', '0 0 30 2 *'])('refuse the schedule %s, which never fires', (written) => {
    expect(mistakes({ MIRROR_CRON: written })).toEqual([
      expect.stringContaining('is not a cron expression that ever fires'),
    ]);
  });

  it.each([
    ['0 3 * * *', '0 3 * * *'],
    [' 30  0 3 * *  MON-FRI', '30 0 3 * * MON-FRI'],
  ])('take the schedule %s', (written, kept) => {
    expect(read({ MIRROR_CRON: written }).forOrganization('acme').cron).toBe(kept);
  });

  it('allow http where it is asked for', () => {
    const settings = read({ CATALOG_URL: 'http://catalog.example.com', CATALOG_ALLOW_HTTP: 'yes' });
    expect(settings.catalog.url?.protocol).toBe('http:');
  });

  it('are refused all at once, each with how to write it', () => {
    const wrong = {
      CATALOG_URL: 'ftp://example.com',
      CATALOG_TOKEN: 'two words',
      MIRROR_PAGE_SIZE: 'many',
      MIRROR_CRON: 'often',
      REDIS_URL: 'http://localhost',
    };
    expect(mistakes(wrong)).toHaveLength(5);
    expect(() => read(wrong)).toThrow('5 settings are wrong:');
    expect(() => read(wrong)).toThrow(
      'MIRROR_PAGE_SIZE: "many" is not a whole number. Write a whole number from 1 to 200.',
    );
  });

  it('never throw anything but a list of mistakes, whatever is written', () => {
    const names = [
      'CATALOG_URL',
      'MIRROR_CRON',
      'MIRROR_TIMEZONE',
      'CATALOG_ORGANIZATIONS',
      'DATABASE_URL',
      'SERVER_HOST',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string({ unit: 'binary' }), (name, written) => {
        expect(() => mistakes({ [name]: written })).not.toThrow();
      }),
    );
  });
});

describe('secrets', () => {
  it('are shown by nothing but reveal()', () => {
    const settings = read({
      CATALOG_TOKEN: 'swordfish',
      DATABASE_URL: 'postgres://me:swordfish@host/db',
      SERVER_TOKEN: 'swordfish-swordfish',
      CATALOG_ORGANIZATIONS: 'acme',
    });
    expect(settings.databaseUrl?.reveal()).toBe('postgres://me:swordfish@host/db');
    expect(settings.organizations[0]?.credentials?.secret.reveal()).toBe('swordfish');
    const shown = [
      JSON.stringify(settings),
      inspect(settings, { depth: 9, showHidden: true }),
      `${settings.databaseUrl}`,
    ];
    expect(shown.join()).not.toContain('swordfish');
    expect(shown[2]).toBe('[set]');
  });

  it('are quoted by no mistake', () => {
    const wrong = {
      CATALOG_TOKEN: 'sword fish',
      CATALOG_API_KEY: 'sword\tfish',
      DATABASE_URL: 'mysql://me:swordfish@host/db',
      REDIS_URL: '//swordfish',
      SERVER_TOKEN: 'swordfish',
    };
    expect(mistakes(wrong)).toHaveLength(6);
    expect(mistakes(wrong).join()).not.toMatch(/sword.?fish/);
  });

  it('say of each secret whether it is set, however it is given', () => {
    config({ organizations: { acme: { tokenVariable: 'ACME_TOKEN' } } });
    const { secrets } = read({
      ACME_TOKEN: 'swordfish',
      CATALOG_API_KEY: ' ',
      REDIS_URL_FILE: file('redis', 'redis://host'),
    });
    expect(Object.fromEntries(secrets.map(({ name, isSet }) => [name, isSet]))).toEqual({
      CATALOG_TOKEN: false,
      CATALOG_API_KEY: false,
      DATABASE_URL: false,
      REDIS_URL: true,
      SERVER_TOKEN: false,
      ACME_TOKEN: true,
    });
  });

  it('come from the file that NAME_FILE names, without the line break at its end', () => {
    file('token', 'swordfish\r\n');
    const settings = read({ CATALOG_API_KEY_FILE: 'token', REDIS_URL_FILE: file('redis', 'redis://host\n') });
    expect(settings.forOrganization('acme').credentials).toMatchObject({ scheme: 'api-key' });
    expect(settings.forOrganization('acme').credentials?.secret.reveal()).toBe('swordfish');
    expect(settings.redisUrl?.reveal()).toBe('redis://host');
  });

  it('are a mistake where the file is missing, empty or a folder', () => {
    mkdirSync(join(directory, 'folder'));
    file('empty', '\n');
    const files = { CATALOG_TOKEN_FILE: 'nowhere', DATABASE_URL_FILE: 'empty', REDIS_URL_FILE: 'folder' };
    expect(mistakes(files)).toEqual([
      'CATALOG_TOKEN_FILE: "nowhere" cannot be read (ENOENT)',
      'DATABASE_URL_FILE: "empty" is empty',
      'REDIS_URL_FILE: "folder" cannot be read (EISDIR)',
    ]);
  });

  it('are a mistake where both the variable and its file are given', () => {
    file('token', 'swordfish');
    expect(mistakes({ CATALOG_TOKEN: 'a', CATALOG_TOKEN_FILE: 'token' })).toEqual([
      'CATALOG_TOKEN_FILE: both it and CATALOG_TOKEN are set',
    ]);
  });

  it('are a mistake where both a token and a key are given, wherever from', () => {
    file('key', 'b');
    expect(mistakes({ CATALOG_TOKEN: 'a', CATALOG_API_KEY_FILE: 'key' })).toEqual([
      'CATALOG_TOKEN: both it and CATALOG_API_KEY are set',
    ]);
  });
});

describe('variables that look like settings', () => {
  it('are named with the setting that was probably meant', () => {
    expect(
      read({ MIRROR_PAGESIZE: '5', CATALOG_TOKN_FILE: 'x', MIRROR_OF_THE_WORLD_WE_LIVE_IN: '1' }).warnings,
    ).toEqual([
      'CATALOG_TOKN_FILE is no setting and does nothing; did you mean CATALOG_TOKEN_FILE?',
      'MIRROR_OF_THE_WORLD_WE_LIVE_IN is no setting and does nothing',
      'MIRROR_PAGESIZE is no setting and does nothing; did you mean MIRROR_PAGE_SIZE?',
    ]);
  });

  it('are nothing to mention where the settings file names them or they are not ours', () => {
    config({ organizations: { acme: { tokenVariable: 'CATALOG_ACME' } } });
    expect(read({ CATALOG_ACME: 'a', PATH: '/bin', SERVER_NAME: 'x' }).warnings).toEqual([]);
  });
});

describe('the settings file', () => {
  it('says what differs from one organization to another, and is united with the environment', () => {
    config({
      $schema: './catalog-mirror.config.schema.json',
      organizations: {
        acme: {
          tokenVariable: 'ACME_TOKEN',
          includePublic: true,
          cron: '30 4 * * *',
          timeZone: 'Europe/Berlin',
          kinds: ['models', 'datasets'],
        },
        globex: {},
      },
    });
    const settings = read({
      CATALOG_ORGANIZATIONS: 'initech, acme,,initech',
      CATALOG_API_KEY: 'common',
      ACME_TOKEN: 'own',
    });
    expect(settings.organizations.map(({ organization }) => organization)).toEqual(['acme', 'globex', 'initech']);
    expect(settings.organizations[0]).toMatchObject({
      kinds: ['models', 'datasets'],
      includePublic: true,
      cron: '30 4 * * *',
      timeZone: 'Europe/Berlin',
      credentials: { scheme: 'bearer' },
    });
    expect(settings.organizations[0]?.credentials?.secret.reveal()).toBe('own');
    expect(settings.organizations[1]).toMatchObject({ kinds: ['models'], includePublic: false, cron: '0 3 * * *' });
    expect(settings.organizations[2]?.credentials?.secret.reveal()).toBe('common');
  });

  it('takes an organization’s token from a file as well', () => {
    config({ organizations: { acme: { tokenVariable: 'ACME_TOKEN' } } });
    file('acme', 'own\n');
    expect(read({ ACME_TOKEN_FILE: 'acme' }).organizations[0]?.credentials?.secret.reveal()).toBe('own');
  });

  it('is a mistake where the variable it names is not set or holds no token', () => {
    config({ organizations: { acme: { tokenVariable: 'ACME_TOKEN' }, globex: { apiKeyVariable: 'GLOBEX_KEY' } } });
    expect(mistakes({ GLOBEX_KEY: 'two words' })).toEqual([
      'organizations.acme.tokenVariable: the variable ACME_TOKEN that it names is not set',
      'GLOBEX_KEY: its value has a blank, a line break or a character that no header may hold',
    ]);
  });

  it('is read from the place that CATALOG_MIRROR_CONFIG names, which must exist', () => {
    file('other.json', JSON.stringify({ organizations: { acme: {} } }));
    expect(read({ CATALOG_MIRROR_CONFIG: 'other.json' }).organizations).toHaveLength(1);
    expect(mistakes({ CATALOG_MIRROR_CONFIG: 'nowhere.json' })).toEqual([
      'CATALOG_MIRROR_CONFIG: "nowhere.json" cannot be read (ENOENT)',
    ]);
  });

  it.each([
    [{ organisations: {} }, 'unknown keys: organisations'],
    [{ organizations: { acme: { croon: '0 3 * * *' } } }, 'organizations.acme: it has unknown keys: croon'],
    [{ organizations: { acme: { cron: 'often' } } }, 'organizations.acme.cron: its value has 1 field'],
    [{ organizations: { acme: { kinds: ['cats'] } } }, 'organizations.acme.kinds.0: Invalid option'],
    [{ organizations: { acme: { kinds: [] } } }, 'organizations.acme.kinds: names no kind'],
    [
      { organizations: { acme: { includePublic: 'true' } } },
      'organizations.acme.includePublic: is neither true nor false',
    ],
    [{ organizations: { 'a/b': {} } }, 'organizations.a/b'],
    [[], 'expected object'],
  ])('refuses %j', (content, problem) => {
    config(content);
    expect(mistakes({})).toEqual([expect.stringContaining(problem)]);
  });

  it('refuses what is not JSON, and says on which line without quoting it', () => {
    file('catalog-mirror.config.json', '{\n  "organizations": {\n    swordfish\n  }\n}');
    expect(mistakes({})).toEqual(['catalog-mirror.config.json: it is not JSON (line 3)']);
  });

  it('is checked in the same breath as the environment', () => {
    config({ organizations: { acme: { cron: 'often' } } });
    expect(mistakes({ MIRROR_PAGE_SIZE: 'many' })).toHaveLength(2);
  });
});
