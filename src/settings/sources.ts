import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SettingMistake } from './mistakes.ts';

/** The environment as it is passed in; `process.env` in production. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Source {
  readonly environment: Environment;
  /** The folder that relative paths start from. */
  readonly directory: string;
}

/** A variable's text; an empty one, or one of blanks alone, counts as not set. */
export function variable(environment: Environment, name: string): string | undefined {
  const written = environment[name];
  return written === undefined || written.trim() === '' ? undefined : written;
}

/**
 * A secret from its variable, or from the file that NAME_FILE names, of which the line break at the end does not count.
 * @param mistakes gets what is wrong: both given, or a file that cannot be read or is empty
 */
export function secretText(source: Source, name: string, mistakes: SettingMistake[]): string | undefined {
  const fileVariable = `${name}_FILE`;
  const direct = variable(source.environment, name);
  const path = variable(source.environment, fileVariable);
  if (path === undefined) return direct;
  if (direct !== undefined) {
    mistakes.push({
      setting: fileVariable,
      problem: `both it and ${name} are set`,
      howToWrite: 'Set one of the two.',
    });
    return undefined;
  }
  const howToWrite = 'Write the path of a file that holds the secret alone and that this user may read.';
  const read = readText(resolve(source.directory, path));
  if (!read.ok) {
    mistakes.push({
      setting: fileVariable,
      problem: `${JSON.stringify(path)} cannot be read (${read.code})`,
      howToWrite,
    });
    return undefined;
  }
  const secret = read.text.replace(/\r?\n$/, '');
  if (secret !== '') return secret;
  mistakes.push({ setting: fileVariable, problem: `${JSON.stringify(path)} is empty`, howToWrite });
  return undefined;
}

export type TextRead = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly code: string };

/** A whole file as text, or the system's code for why not (`ENOENT`, `EACCES`, …). */
export function readText(path: string): TextRead {
  try {
    return { ok: true, text: readFileSync(path, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return { ok: false, code };
  }
}
