import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDatabase } from '../parts/database.ts';
import type { Context } from '../shell.ts';
import { readStatus } from '../status/read-status.ts';
import { renderStatus } from '../status/render-status.ts';
import { type Judged, summarise } from '../status/standing.ts';

/**
 * `status`: how the mirror stands, in one screen.
 *
 * @param options.check answers by the exit code as well, as `sync` would
 */
export async function showStatus(context: Context, options: { readonly check: boolean }): Promise<ExitCode> {
  const database = await openDatabase(context);
  try {
    const status = await readStatus(context, database);
    if (context.output.json) context.printJson({ summary: summarise(status.listings), ...status });
    else context.print(renderStatus(status, { width: context.output.stdout.columns, colours: context.colours }));
    return options.check ? exitCodeOf(status.listings) : EXIT.ok;
  } finally {
    await database.close();
  }
}

function exitCodeOf(listings: readonly Judged[]): ExitCode {
  const notWell = listings.filter(({ standing }) => standing.verdict === 'not up to date');
  if (notWell.length === 0) return EXIT.ok;
  return notWell.some(({ runs }) => runs?.lastRun.state === 'failed') ? EXIT.runFailed : EXIT.notCertified;
}
