/** The columns of a letter that its job carries (src/letters/queued-letter.ts). */
export const QUEUED_COLUMNS = `id::text AS "letterId", error_class AS "errorClass", level, organization, kind,
  run_id::text AS "runId", detail`;
