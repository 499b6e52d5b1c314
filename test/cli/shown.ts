import { expect } from 'vitest';
import { displayWidth } from '../../src/terminal/width.ts';
import type { Harness } from '../mirror/harness.ts';
import { type Ran, runCommand, type Surroundings } from './terminal.ts';

/** Runs `runs show ID` on the harness's database, in a pipe or on a terminal that is told to show no colours. */
export function show(harness: Harness, args: readonly string[], more: Partial<Surroundings> = {}): Promise<Ran> {
  return runCommand(['runs', 'show', ...args], {
    cwd: '/',
    ...more,
    env: {
      CATALOG_URL: harness.catalog.url,
      CATALOG_ORGANIZATIONS: 'acme',
      DATABASE_URL: harness.database.connectionString,
      NO_COLOR: '1',
      ...more.env,
    },
  });
}

/** What it says on a terminal of 80 columns, which it must keep to. */
export async function shown(harness: Harness, runId: string | number, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await show(harness, [String(runId), ...args], { columns: 80 });
  expect(code, err).toBe(0);
  expect(out.split('\n').filter((line) => displayWidth(line) > 80)).toEqual([]);
  return out;
}

/** What stands under a label, on one line; undefined where there is no such label. */
export function under(text: string, label: string): string | undefined {
  const lines = text.split('\n');
  const begin = lines.findIndex((line) => line.startsWith(`${label}  `));
  if (begin === -1) return undefined;
  const end = lines.findIndex((line, index) => index > begin && !line.startsWith('  '));
  return lines.slice(begin, end).join(' ').slice(label.length).replaceAll(/\s+/g, ' ').trim();
}

/** The rows of the table under a title, cell by cell; none where there is no such title. */
export function rowsUnder(text: string, title: string): string[][] {
  const lines = text.split('\n');
  const begin = lines.findIndex((line) => line.startsWith(title));
  const end = lines.findIndex((line, index) => index > begin && (line === '' || line.startsWith('and ')));
  return begin === -1 ? [] : lines.slice(begin + 3, end).map((line) => line.trim().split(/ {2,}/));
}
