import type { ReportRow } from '../report-values.ts';
import type { ExportWriter } from './writer.ts';

/** Where an export goes: a file, a pipe. */
export interface ExportSink {
  /**
   * Resolves when it takes more, so that nothing piles up before one that is slow.
   *
   * @returns false where nobody wants any more
   */
  write(bytes: Uint8Array): Promise<boolean>;
}

export interface Exported {
  readonly rows: number;
  readonly bytes: number;
  /** False where the one who read it went away before its end. */
  readonly whole: boolean;
}

/**
 * Passes rows through a format on to where they are wanted: no more are read than are taken, and no more are kept than
 * the format keeps.
 *
 * @param onRows told how many rows there were so far
 * @throws whatever the rows, the format or the sink throws
 */
export async function exportRows(
  rows: AsyncIterable<readonly ReportRow[]>,
  writer: ExportWriter,
  sink: ExportSink,
  onRows: (count: number) => void = () => {},
): Promise<Exported> {
  const sum = { rows: 0, bytes: 0 };
  const passOn = async (bytes: Uint8Array): Promise<boolean> => {
    sum.bytes += bytes.length;
    return bytes.length === 0 || (await sink.write(bytes));
  };
  if (!(await passOn(writer.begin()))) return { ...sum, whole: false };
  for await (const batch of rows) {
    sum.rows += batch.length;
    if (!(await passOn(writer.rows(batch)))) return { ...sum, whole: false };
    onRows(sum.rows);
  }
  return { whole: await passOn(writer.end()), ...sum };
}
