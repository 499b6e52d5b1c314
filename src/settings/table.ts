import { z } from 'zod';
import {
  cron,
  decimalNumber,
  headerSecret,
  organizationList,
  secretUrl,
  text,
  timeZone,
  truth,
  wholeNumber,
} from './parsers.ts';

export interface AboutSetting {
  /** What it is for, in one or two sentences: for `--help` and docs/settings.md. */
  readonly sentence: string;
  /** A sentence: `Write a whole number from 1 to 200.` */
  readonly howToWrite: string;
  /** As it would be written; null where nothing is assumed. */
  readonly default: string | null;
  /** A secret is never quoted, and can also be read from the file that NAME_FILE names. */
  readonly secret: boolean;
}

const about = z.registry<AboutSetting>();

type Parser<T> = z.ZodType<T, string>;
type Words = Pick<AboutSetting, 'sentence' | 'howToWrite'>;

function setting<T>(row: Words & { readonly parser: Parser<T>; readonly default: string }) {
  const { parser, ...words } = row;
  return parser.prefault(row.default).register(about, { ...words, secret: false });
}

function optional<T>(row: Words & { readonly parser: Parser<T> }) {
  const { parser, ...words } = row;
  return parser.optional().register(about, { ...words, default: null, secret: false });
}

function secret<T>(row: Words & { readonly parser: Parser<T> }) {
  const { parser, ...words } = row;
  return parser.optional().register(about, { ...words, default: null, secret: true });
}

/** Every setting of the environment (design section 7): the one place that knows them. */
export const SETTINGS = z.object({
  CATALOG_URL: optional({
    sentence: 'The address of the catalog, with or without /api/v1. Without it only the demo can run.',
    howToWrite: 'Write an address such as https://catalog.example.com.',
    parser: text,
  }),
  CATALOG_TOKEN: secret({
    sentence: 'The token that is sent to the catalog as a bearer token.',
    howToWrite: 'Write the token alone, without the word Bearer.',
    parser: headerSecret,
  }),
  CATALOG_API_KEY: secret({
    sentence: 'The key that is sent to the catalog as X-API-Key, where it takes no bearer token.',
    howToWrite: 'Write the key alone.',
    parser: headerSecret,
  }),
  CATALOG_ORGANIZATIONS: optional({
    sentence: 'The organizations to mirror, with commas between them, in addition to those of the settings file.',
    howToWrite: 'Write slugs with commas between them, such as acme,globex.',
    parser: organizationList,
  }),
  CATALOG_INCLUDE_PUBLIC: setting({
    sentence:
      'Whether public artifacts of other organizations are mirrored too, where the settings file does not say otherwise.',
    default: 'false',
    howToWrite: 'Write true or false.',
    parser: truth,
  }),
  CATALOG_TIMEOUT_SECONDS: setting({
    sentence: 'How long one answer of the catalog may take in all, in seconds.',
    default: '20',
    howToWrite: 'Write a number of seconds above 0 and up to 600.',
    parser: decimalNumber(0, 600, { aboveLeast: true }),
  }),
  CATALOG_MAX_REQUESTS_PER_SECOND: optional({
    sentence:
      'How many requests with one token may go to the catalog in a second, over all workers of one queue; without it there ' +
      'is no limit of our own.',
    howToWrite: 'Write a number above 0 and up to 1000, such as 5 or 0.5.',
    parser: decimalNumber(0, 1000, { aboveLeast: true }),
  }),
  CATALOG_ALLOW_HTTP: setting({
    sentence: 'Whether the token may go over plain http to a host other than this machine.',
    default: 'false',
    howToWrite: 'Write true or false.',
    parser: truth,
  }),
  DATABASE_URL: secret({
    sentence: 'The PostgreSQL database (15 or later) that holds the mirror; without it an embedded server is started.',
    howToWrite: 'Write an address such as postgresql://user:password@host:5432/database.',
    parser: secretUrl(['postgres', 'postgresql']),
  }),
  REDIS_URL: secret({
    sentence: "The Redis that holds the queue; without it the queue is in the mirror's own PostgreSQL.",
    howToWrite: 'Write an address such as redis://:password@host:6379/0, or rediss:// for TLS.',
    parser: secretUrl(['redis', 'rediss']),
  }),
  CATALOG_MIRROR_HOME: setting({
    sentence: 'The folder for the embedded PostgreSQL and what else is kept on this machine.',
    default: '.catalog-mirror',
    howToWrite: 'Write the path of a folder.',
    parser: text,
  }),
  CATALOG_MIRROR_CONFIG: optional({
    sentence:
      'The settings file, for what differs from one organization to another; without it catalog-mirror.config.json is read where it exists.',
    howToWrite: 'Write the path of a JSON file.',
    parser: text,
  }),
  MIRROR_CRON: setting({
    sentence: 'When the organizations are mirrored, as a cron expression.',
    default: '0 3 * * *',
    howToWrite: 'Write five fields, or six with seconds first, such as 0 3 * * *.',
    parser: cron,
  }),
  MIRROR_TIMEZONE: setting({
    sentence: 'The time zone of the schedule and of the days that downloads are counted by.',
    default: 'UTC',
    howToWrite: 'Write a name of the IANA list, such as Europe/Berlin.',
    parser: timeZone,
  }),
  MIRROR_PAGE_SIZE: setting({
    sentence: 'How many items are asked for on one page.',
    default: '200',
    howToWrite: 'Write a whole number from 1 to 200.',
    parser: wholeNumber(1, 200),
  }),
  MIRROR_PAGE_CONCURRENCY: setting({
    sentence: 'How many pages of one organization are fetched side by side.',
    default: '4',
    howToWrite: 'Write a whole number from 1 to 64.',
    parser: wholeNumber(1, 64),
  }),
  MIRROR_ORGANIZATION_CONCURRENCY: setting({
    sentence: 'How many organizations one worker mirrors side by side.',
    default: '4',
    howToWrite: 'Write a whole number from 1 to 64.',
    parser: wholeNumber(1, 64),
  }),
  MIRROR_MAX_REMOVAL: setting({
    sentence: 'The share of the current artifacts that a run may withdraw before a person has to approve it.',
    default: '0.2',
    howToWrite: 'Write a fraction from 0 to 1, such as 0.2 for a fifth.',
    parser: decimalNumber(0, 1),
  }),
  MIRROR_MAX_PASSES: setting({
    sentence: 'How often a list may be read in one run until two passes agree.',
    default: '3',
    howToWrite: 'Write a whole number from 1 to 10.',
    parser: wholeNumber(1, 10),
  }),
  MIRROR_MAX_EXTRA_READS: setting({
    sentence:
      'How many pages a run may read beside the list itself, to prove it while it moves, as a share of its pages ' +
      '(20 are always allowed).',
    default: '1',
    howToWrite: 'Write a number from 0 to 10, such as 0.5 for half as many as the list has pages.',
    parser: decimalNumber(0, 10),
  }),
  MIRROR_MAX_LOOKS: setting({
    sentence:
      'How many of these pages may look for one place of the list. Each look goes twice as far as the one before, so ' +
      'that a place which is not found by then runs away.',
    default: '12',
    howToWrite: 'Write a whole number from 1 to 50.',
    parser: wholeNumber(1, 50),
  }),
  MIRROR_RESUME_MINUTES: setting({
    sentence: 'How old a page may be that an interrupted run read, to be used when the run goes on, in minutes.',
    default: '60',
    howToWrite: 'Write a whole number of minutes from 0 to 1440.',
    parser: wholeNumber(0, 1440),
  }),
  MIRROR_KEEP_LETTERS_DAYS: setting({
    sentence:
      'How long a dead letter is kept after it was resolved or discarded, in days; 0 keeps all of them. Workers delete ' +
      'the others once a day, and what runs as old found absent without ending it.',
    default: '90',
    howToWrite: 'Write a whole number of days from 0 to 36500.',
    parser: wholeNumber(0, 36_500),
  }),
  MIRROR_HEARTBEAT_PATH: optional({
    sentence:
      'A file that a worker writes anew every ten seconds while it takes jobs and its database and queue answer: one older ' +
      'than a minute shows a health check that something is wrong. Without it none is written.',
    howToWrite: 'Write the path of a file, such as /tmp/heartbeat.',
    parser: text,
  }),
  SERVER_HOST: setting({
    sentence: 'The address that `serve` listens on. The command comes with a later version.',
    default: '127.0.0.1',
    howToWrite: 'Write an address or a host name, such as 127.0.0.1 or 0.0.0.0.',
    parser: text.regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'is not an address or a host name'),
  }),
  SERVER_PORT: setting({
    sentence: 'The port that `serve` listens on. The command comes with a later version.',
    default: '8080',
    howToWrite: 'Write a whole number from 0 (any free port) to 65535.',
    parser: wholeNumber(0, 65_535),
  }),
  SERVER_TOKEN: secret({
    sentence: 'The token that `serve` asks its visitors for. The command comes with a later version.',
    howToWrite: 'Write at least 16 visible characters without blanks.',
    parser: headerSecret.refine((value) => value.reveal().length >= 16, 'is shorter than 16 characters'),
  }),
});

export type SettingName = keyof typeof SETTINGS.shape;

/** What each setting is once it is read: undefined only where it has no default and is not set. */
export type SettingValues = z.output<typeof SETTINGS>;

/** In the order of the table. */
export const SETTING_NAMES: readonly SettingName[] = SETTINGS.keyof().options;

/** What the table says about a setting. */
export function aboutSetting(name: SettingName): AboutSetting {
  const row = about.get(SETTINGS.shape[name]);
  if (row === undefined) throw new Error(`the setting ${name} has no row in the table`);
  return row;
}
