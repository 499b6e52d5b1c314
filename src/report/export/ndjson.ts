import { type ExportWriter, NO_BYTES } from './writer.ts';

/** One JSON object a line, with the values that `report --json` has. */
export function createNdjsonWriter(): ExportWriter {
  return {
    begin: () => NO_BYTES,
    rows: (rows) => Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')),
    end: () => NO_BYTES,
  };
}
