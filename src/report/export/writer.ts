import type { ReportRow } from '../report-values.ts';

/**
 * A format, as rows turned into bytes and nothing else: where they come from and go to is others' business. Called in this
 * order: `begin`, `rows` any number of times, `end`.
 */
export interface ExportWriter {
  /** What stands before the first row. */
  begin(): Uint8Array;
  /** The next rows; may be fewer bytes than they need, or none, where the format keeps rows for a while. */
  rows(rows: readonly ReportRow[]): Uint8Array;
  /** What was kept, and what stands after the last row. */
  end(): Uint8Array;
}

export const NO_BYTES = new Uint8Array(0);
