import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';

/** The project's own migrations. */
export const DRIZZLE = fileURLToPath(new URL('../../drizzle', import.meta.url));

/** Folders of one test, gone after it. */
export function useFolders() {
  const made: string[] = [];
  afterEach(async () => {
    for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
  });
  const empty = async (): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'catalog-mirror-test-'));
    made.push(folder);
    return folder;
  };
  return {
    empty,
    /** A copy of the project's migrations. */
    async copy(): Promise<string> {
      const folder = await empty();
      await cp(DRIZZLE, folder, { recursive: true });
      return folder;
    },
    /** A folder with these migrations alone: their tags and their statements. */
    async of(migrations: Readonly<Record<string, readonly string[]>>): Promise<string> {
      const folder = await empty();
      await mkdir(join(folder, 'meta'));
      for (const [tag, statements] of Object.entries(migrations)) {
        await writeFile(join(folder, `${tag}.sql`), statements.join(';\n--> statement-breakpoint\n'));
      }
      const entries = Object.keys(migrations).map((tag, idx) => ({ idx, tag }));
      await writeFile(join(folder, 'meta', '_journal.json'), JSON.stringify({ entries }));
      return folder;
    },
  };
}
