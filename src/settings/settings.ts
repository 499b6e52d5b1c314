import { resolve } from 'node:path';
import { CatalogAddressError, parseCatalogUrl } from '../catalog/address.ts';
import { type SettingMistake, SettingsError } from './mistakes.ts';
import { type OrganizationSettings, readConfigFile, uniteOrganizations } from './organizations.ts';
import type { Secret } from './secret.ts';
import { type Environment, type Source, secretText, variable } from './sources.ts';
import { aboutSetting, SETTING_NAMES, SETTINGS, type SettingName, type SettingValues } from './table.ts';
import { unknownVariables } from './unknown-variables.ts';

/** All settings, parsed and checked: design section 7. Frozen; secrets print as `[set]`. */
export interface Settings {
  readonly catalog: {
    /** Ends in `/api/v1`; null where none is configured (then only the demo can run). */
    readonly url: URL | null;
    readonly allowHttp: boolean;
    /** For one whole answer. */
    readonly timeoutMs: number;
    /** Null for no limit. */
    readonly maxRequestsPerSecond: number | null;
  };
  /** Null for the embedded server. */
  readonly databaseUrl: Secret | null;
  /** Null for the queue on PostgreSQL. */
  readonly redisUrl: Secret | null;
  /** An absolute path. */
  readonly home: string;
  readonly mirror: {
    readonly pageSize: number;
    readonly pageConcurrency: number;
    readonly organizationConcurrency: number;
    /** A fraction from 0 to 1. */
    readonly maxRemoval: number;
    readonly maxPasses: number;
    readonly maxExtraReads: number;
    readonly maxLooks: number;
    readonly resumeMinutes: number;
  };
  readonly letters: {
    /** How long a letter is kept after it was closed; 0 for ever. */
    readonly keepDays: number;
  };
  /** The file that shows that a worker is well, as an absolute path; null for none. */
  readonly heartbeatPath: string | null;
  readonly server: { readonly host: string; readonly port: number; readonly token: Secret | null };
  /** The organizations to mirror, those of the settings file first. */
  readonly organizations: readonly OrganizationSettings[];
  /** What an organization has that no setting says more about: for `list ORG`. Its `organization` is the one asked for. */
  readonly forOrganization: (organization: string) => OrganizationSettings;
  /** Every setting that must not be shown, and every variable that the settings file names: whether it is set. */
  readonly secrets: readonly { readonly name: string; readonly isSet: boolean }[];
  /** What is probably a slip, as sentences; nothing to stop for. */
  readonly warnings: readonly string[];
}

/**
 * Reads and checks every setting at once, from the environment, the files that its variables name, and the settings
 * file.
 * @param environment `process.env`
 * @param options.directory the folder that relative paths start from; the current one
 * @throws SettingsError with every mistake there is
 */
export function readSettings(environment: Environment, options: { readonly directory: string }): Settings {
  const source: Source = { environment, directory: options.directory };
  const mistakes: SettingMistake[] = [];
  const values = readTable(source, mistakes);
  const url = readCatalogUrl(values, mistakes);
  const credentials = { token: values.CATALOG_TOKEN, apiKey: values.CATALOG_API_KEY };
  if (isGiven(environment, 'CATALOG_TOKEN') && isGiven(environment, 'CATALOG_API_KEY')) {
    mistakes.push({
      setting: 'CATALOG_TOKEN',
      problem: 'both it and CATALOG_API_KEY are set',
      howToWrite: 'Set the one that the catalog takes.',
    });
  }
  const file = readConfigFile(source, values.CATALOG_MIRROR_CONFIG, mistakes);
  const united = uniteOrganizations(source, {
    file,
    listed: values.CATALOG_ORGANIZATIONS ?? [],
    common: {
      includePublic: values.CATALOG_INCLUDE_PUBLIC,
      cron: values.MIRROR_CRON,
      timeZone: values.MIRROR_TIMEZONE,
      ...credentials,
    },
    mistakes,
  });
  if (mistakes.length > 0) throw new SettingsError(mistakes);

  return Object.freeze({
    catalog: Object.freeze({
      url,
      allowHttp: values.CATALOG_ALLOW_HTTP,
      timeoutMs: Math.round(values.CATALOG_TIMEOUT_SECONDS * 1000),
      maxRequestsPerSecond: values.CATALOG_MAX_REQUESTS_PER_SECOND ?? null,
    }),
    databaseUrl: values.DATABASE_URL ?? null,
    redisUrl: values.REDIS_URL ?? null,
    home: resolve(source.directory, values.CATALOG_MIRROR_HOME),
    mirror: Object.freeze({
      pageSize: values.MIRROR_PAGE_SIZE,
      pageConcurrency: values.MIRROR_PAGE_CONCURRENCY,
      organizationConcurrency: values.MIRROR_ORGANIZATION_CONCURRENCY,
      maxRemoval: values.MIRROR_MAX_REMOVAL,
      maxPasses: values.MIRROR_MAX_PASSES,
      maxExtraReads: values.MIRROR_MAX_EXTRA_READS,
      maxLooks: values.MIRROR_MAX_LOOKS,
      resumeMinutes: values.MIRROR_RESUME_MINUTES,
    }),
    letters: Object.freeze({ keepDays: values.MIRROR_KEEP_LETTERS_DAYS }),
    heartbeatPath:
      values.MIRROR_HEARTBEAT_PATH === undefined ? null : resolve(source.directory, values.MIRROR_HEARTBEAT_PATH),
    server: Object.freeze({
      host: values.SERVER_HOST,
      port: values.SERVER_PORT,
      token: values.SERVER_TOKEN ?? null,
    }),
    organizations: united.organizations,
    forOrganization: united.forOrganization,
    secrets: Object.freeze(
      [...SETTING_NAMES.filter((name) => aboutSetting(name).secret), ...united.namedSecrets].map((name) =>
        Object.freeze({ name, isSet: isGiven(environment, name) }),
      ),
    ),
    warnings: Object.freeze(
      unknownVariables(
        environment,
        united.namedSecrets.flatMap((name) => [name, `${name}_FILE`]),
      ),
    ),
  });
}

function isGiven(environment: Environment, name: string): boolean {
  return variable(environment, name) !== undefined || variable(environment, `${name}_FILE`) !== undefined;
}

function readTable(source: Source, mistakes: SettingMistake[]): SettingValues {
  const texts: Partial<Record<SettingName, string>> = {};
  for (const name of SETTING_NAMES) {
    const read = aboutSetting(name).secret
      ? secretText(source, name, mistakes)
      : variable(source.environment, name)?.trim();
    if (read !== undefined) texts[name] = read;
  }
  const parsed = SETTINGS.safeParse(texts);
  if (parsed.success) return parsed.data;

  for (const issue of parsed.error.issues) {
    const name = SETTING_NAMES.find((known) => known === issue.path[0]);
    if (name === undefined) throw new Error(`no setting is called ${String(issue.path[0])}`);
    const { secret, howToWrite } = aboutSetting(name);
    const quoted = secret ? 'its value' : quote(texts[name] ?? '');
    mistakes.push({ setting: name, problem: `${quoted} ${issue.message}`, howToWrite });
    delete texts[name];
  }
  // What is wrong is left out, so that the checks across settings can name their mistakes in the same breath.
  return SETTINGS.parse(texts);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

function readCatalogUrl(values: SettingValues, mistakes: SettingMistake[]): URL | null {
  if (values.CATALOG_URL === undefined) return null;
  try {
    return parseCatalogUrl(values.CATALOG_URL, { allowHttp: values.CATALOG_ALLOW_HTTP });
  } catch (error) {
    if (!(error instanceof CatalogAddressError)) throw error;
    const { problem, howToWrite } = error;
    mistakes.push({ setting: 'CATALOG_URL', problem, howToWrite: `${capitalized(howToWrite)}.` });
    return null;
  }
}

function capitalized(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
