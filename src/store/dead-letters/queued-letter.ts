/** The columns of a letter that its job carries (src/letters/queued-letter.ts). */
export const QUEUED_COLUMNS = `id::text AS "letterId", error_class AS "errorClass", level, organization, kind,
  run_id::text AS "runId", page, artifact_id::text AS "artifactId", status, detail, occurrences,
  to_char(last_failed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "lastFailedAt"`;
