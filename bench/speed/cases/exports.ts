import { join } from 'node:path';
import { z } from 'zod';
import { EXPORT_FORMATS, type ExportFormat } from '../../../src/report/export/formats.ts';
import type { BuiltProgram } from '../../../test/support/built-program.ts';
import { atMost, type Goal, told } from '../goals.ts';
import { runProcess } from '../run-process.ts';
import { inDatabase } from '../servers.ts';
import { fillHistory, type History } from './history.ts';

/** 100,000 and 1,000,000 rows of report.daily_downloads. */
const SMALL: History = { artifacts: 10_000, nights: 10 };
const LARGE: History = { artifacts: 10_000, nights: 100 };
/** What ten times as many rows may take more, because Node collects lazily; of each row that is no more than its name. */
const MORE_MEMORY_MB = 80;

interface Export {
  readonly rows: number;
  readonly fileMb: number;
  readonly ms: number;
  readonly peakRssMb: number;
}

type Exports = Readonly<Record<ExportFormat, Export>>;

export interface ExportsRound {
  readonly small: Exports;
  readonly large: Exports;
}

const summary = z.object({ rows: z.number(), bytes: z.number() });

/** What `export daily-downloads` takes in each format, of a report and of one with ten times as many rows. */
export async function measureExports(
  program: BuiltProgram,
  adminUrl: string,
  say: (line: string) => void,
): Promise<ExportsRound> {
  const measure = (history: History): Promise<Exports> =>
    inDatabase(adminUrl, async ({ url }, pool) => {
      say(`exports of ${history.artifacts} artifacts over ${history.nights} nights`);
      await fillHistory(pool, history);
      const one = async (format: ExportFormat): Promise<Export> => {
        const output = join(program.folder, `export.${format}`);
        const measured = await runProcess([program.script, 'export', 'daily-downloads', '--output', output, '--json'], {
          cwd: program.folder,
          env: { DATABASE_URL: url, CATALOG_MIRROR_HOME: join(program.folder, 'home') },
        });
        const { rows, bytes } = summary.parse(JSON.parse(measured.out));
        return { rows, fileMb: bytes / 1_000_000, ms: measured.ms, peakRssMb: measured.peakRssMb };
      };
      return { csv: await one('csv'), ndjson: await one('ndjson'), parquet: await one('parquet') };
    });
  return { small: await measure(SMALL), large: await measure(LARGE) };
}

export function goalsOfExports(rounds: readonly ExportsRound[]): readonly Goal[] {
  return EXPORT_FORMATS.flatMap((format) => [
    told(rounds, `${format}: rows`, 'rows', ({ large }) => large[format].rows),
    told(rounds, `${format}: the file`, 'MB', ({ large }) => large[format].fileMb),
    told(rounds, `${format}: time`, 'ms', ({ large }) => large[format].ms),
    told(rounds, `${format}: memory for a tenth of the rows`, 'MB', ({ small }) => small[format].peakRssMb),
    atMost(
      rounds,
      `${format}: more memory for ten times as many rows`,
      [MORE_MEMORY_MB, 'MB'],
      ({ small, large }) => large[format].peakRssMb - small[format].peakRssMb,
    ),
  ]);
}
