import { describe, expect, it } from 'vitest';
import { configJsonSchema } from '../../src/settings/config-file.ts';
import { settingsHelp } from '../../src/settings/help.ts';
import { editDistance, nearestName } from '../../src/settings/nearest.ts';
import { readSettings } from '../../src/settings/settings.ts';

describe('the help for settings', () => {
  it('has a sentence and a way to write it for each, and every default is one that is accepted', () => {
    for (const { name, sentence, howToWrite, default: assumed } of settingsHelp()) {
      expect(sentence, name).toMatch(/^[A-Z].*\.$/s);
      expect(howToWrite, name).toMatch(/^Write .*\.$/s);
      const environment = assumed === null ? {} : { [name]: assumed };
      expect(() => readSettings(environment, { directory: import.meta.dirname }), name).not.toThrow();
    }
  });

  it('says which settings may come from a file', () => {
    const fromFile = settingsHelp().filter(({ alsoFromFile }) => alsoFromFile);
    expect(fromFile.map(({ name }) => name)).toEqual([
      'CATALOG_TOKEN',
      'CATALOG_API_KEY',
      'DATABASE_URL',
      'REDIS_URL',
      'SERVER_TOKEN',
    ]);
  });
});

describe('the published JSON Schema', () => {
  it('is the one of the code (vitest -u writes it anew)', async () => {
    const schema = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
    await expect(schema).toMatchFileSnapshot('../../catalog-mirror.config.schema.json');
  });
});

describe('the nearest name', () => {
  it.each([
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['same', 'same', 0],
    ['abc', '', 3],
  ])('knows that %j is %j with %i edits', (from, to, edits) => {
    expect(editDistance(from, to)).toBe(edits);
  });

  it('is none where too much would have to change', () => {
    expect(nearestName('MIRROR_X', ['MIRROR_CRON', 'MIRROR_TIMEZONE'])).toBeNull();
    expect(nearestName('MIRROR_CORN', ['MIRROR_CRON', 'MIRROR_TIMEZONE'])).toBe('MIRROR_CRON');
  });
});
