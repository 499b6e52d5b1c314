import { resolve } from 'node:path';
import { type ConfigFile, type ConfiguredOrganization, configFile } from './config-file.ts';
import type { SettingMistake } from './mistakes.ts';
import { headerSecret } from './parsers.ts';
import type { Secret } from './secret.ts';
import { readText, type Source, secretText } from './sources.ts';

/** How the catalog is told who asks; null for a catalog that does not want to know. */
export type Credentials =
  | { readonly scheme: 'bearer'; readonly secret: Secret }
  | { readonly scheme: 'api-key'; readonly secret: Secret };

/** One organization to mirror, with everything that may differ from one to another. */
export interface OrganizationSettings {
  /** The slug in the path. */
  readonly organization: string;
  /** Names of kinds, never empty. */
  readonly kinds: readonly string[];
  readonly includePublic: boolean;
  /** Five fields, or six with seconds first. */
  readonly cron: string;
  /** An IANA name. */
  readonly timeZone: string;
  readonly credentials: Credentials | null;
}

/** What holds for every organization that the settings file says nothing else about. */
export interface CommonSettings {
  readonly includePublic: boolean;
  readonly cron: string;
  readonly timeZone: string;
  readonly token: Secret | undefined;
  readonly apiKey: Secret | undefined;
}

const FILE_NAME = 'catalog-mirror.config.json';
const DEFAULT_KINDS: readonly string[] = ['models'];

/**
 * The settings file: the one that CATALOG_MIRROR_CONFIG names, which then must exist, or catalog-mirror.config.json
 * where there is one.
 */
export function readConfigFile(source: Source, path: string | undefined, mistakes: SettingMistake[]): ConfigFile {
  const read = readText(resolve(source.directory, path ?? FILE_NAME));
  if (!read.ok) {
    if (path === undefined && read.code === 'ENOENT') return {};
    mistakes.push({
      setting: path === undefined ? FILE_NAME : 'CATALOG_MIRROR_CONFIG',
      problem: `${JSON.stringify(path ?? FILE_NAME)} cannot be read (${read.code})`,
      howToWrite: 'Write the path of a JSON file that this user may read.',
    });
    return {};
  }
  const setting = path ?? FILE_NAME;
  let json: unknown;
  try {
    json = JSON.parse(read.text.replace(/^\uFEFF/, ''));
  } catch (error) {
    mistakes.push({ setting, problem: `it is not JSON${placeOf(error, read.text)}`, howToWrite: 'Mend it there.' });
    return {};
  }
  const parsed = configFile.safeParse(json);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const place = issue.path.map(String).join('.');
    const problem =
      issue.code === 'unrecognized_keys' ? `it has unknown keys: ${issue.keys.join(', ')}` : issue.message;
    mistakes.push({
      setting: place === '' ? setting : `${setting}: ${place}`,
      problem: issue.code === 'custom' || issue.code === 'invalid_format' ? `its value ${problem}` : problem,
      howToWrite: 'catalog-mirror.config.schema.json says what may stand there.',
    });
  }
  return {};
}

/** Where JSON.parse stumbled. Its own message would quote the text around the place, which may be a secret. */
function placeOf(error: unknown, text: string): string {
  const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined ? '' : ` (line ${text.slice(0, Number(position)).split('\n').length})`;
}

export interface UnitedOrganizations {
  readonly organizations: readonly OrganizationSettings[];
  readonly forOrganization: (organization: string) => OrganizationSettings;
  /** The variables that the settings file names, each once. */
  readonly namedSecrets: readonly string[];
}

/** The organizations of the settings file and of the environment together, those of the file first. */
export function uniteOrganizations(
  source: Source,
  options: {
    readonly file: ConfigFile;
    readonly listed: readonly string[];
    readonly common: CommonSettings;
    readonly mistakes: SettingMistake[];
  },
): UnitedOrganizations {
  const configured = new Map(Object.entries(options.file.organizations ?? {}));
  const named = new Set<string>();
  const settingsOf = (organization: string): OrganizationSettings => {
    const own = configured.get(organization) ?? {};
    return Object.freeze({
      organization,
      kinds: Object.freeze([...new Set(own.kinds ?? DEFAULT_KINDS)]),
      includePublic: own.includePublic ?? options.common.includePublic,
      cron: own.cron ?? options.common.cron,
      timeZone: own.timeZone ?? options.common.timeZone,
      credentials: credentialsOf(organization, own),
    });
  };
  const credentialsOf = (organization: string, own: ConfiguredOrganization): Credentials | null => {
    const { tokenVariable, apiKeyVariable } = own;
    const place = `organizations.${organization}`;
    if (tokenVariable !== undefined && apiKeyVariable !== undefined) {
      options.mistakes.push({
        setting: place,
        problem: 'it has both a tokenVariable and an apiKeyVariable',
        howToWrite: 'Keep the one that the catalog takes.',
      });
      return null;
    }
    if (tokenVariable !== undefined) {
      const secret = namedSecret(source, `${place}.tokenVariable`, tokenVariable, options.mistakes);
      return secret === null ? null : Object.freeze({ scheme: 'bearer', secret });
    }
    if (apiKeyVariable !== undefined) {
      const secret = namedSecret(source, `${place}.apiKeyVariable`, apiKeyVariable, options.mistakes);
      return secret === null ? null : Object.freeze({ scheme: 'api-key', secret });
    }
    const { token, apiKey } = options.common;
    if (token !== undefined) return Object.freeze({ scheme: 'bearer', secret: token });
    return apiKey === undefined ? null : Object.freeze({ scheme: 'api-key', secret: apiKey });
  };
  for (const { tokenVariable, apiKeyVariable } of configured.values()) {
    for (const name of [tokenVariable, apiKeyVariable]) {
      if (name !== undefined) named.add(name);
    }
  }
  const slugs = new Set([...configured.keys(), ...options.listed]);
  const settings = new Map([...slugs].map((organization) => [organization, settingsOf(organization)] as const));
  return {
    organizations: Object.freeze([...settings.values()]),
    forOrganization: (organization) => settings.get(organization) ?? settingsOf(organization),
    namedSecrets: [...named],
  };
}

/** The secret in a variable that the settings file names; null, and a mistake, where there is none. */
function namedSecret(source: Source, setting: string, name: string, mistakes: SettingMistake[]): Secret | null {
  const before = mistakes.length;
  const text = secretText(source, name, mistakes);
  if (text === undefined) {
    if (mistakes.length === before) {
      mistakes.push({
        setting,
        problem: `the variable ${name} that it names is not set`,
        howToWrite: `Set ${name}, or ${name}_FILE to the path of a file that holds the secret.`,
      });
    }
    return null;
  }
  const parsed = headerSecret.safeParse(text);
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues[0]?.message ?? 'cannot be used';
  mistakes.push({ setting: name, problem: `its value ${problem}`, howToWrite: 'Write the secret alone.' });
  return null;
}
