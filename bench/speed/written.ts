import type pg from 'pg';

/** What a piece of work wrote. */
export interface Written {
  readonly walMb: number;
  /** Of `mirror.artifacts`, `download_observations` and `artifact_events`; null where the database has no mirror. */
  readonly rows: number | null;
}

const MIRROR_TABLES = ['artifacts', 'download_observations', 'artifact_events'];

/**
 * Does `work` and tells what it wrote. Before it comes what happens between two nights anyway: a vacuum, without which the
 * first reading after a load writes every page once more, and a checkpoint, so that each night pays for its own full-page
 * images.
 */
export async function measureWritten<T>(
  pool: pg.Pool,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly written: Written }> {
  await pool.query('VACUUM ANALYZE');
  await pool.query('CHECKPOINT');
  const rowsBefore = await rowsWritten(pool);
  const before = await walPosition(pool);
  const result = await work();
  const { rows } = await pool.query<{ bytes: string }>('SELECT pg_current_wal_lsn() - $1::pg_lsn AS bytes', [before]);
  const rowsAfter = await rowsWritten(pool);
  return {
    result,
    written: {
      walMb: Number(rows[0]?.bytes ?? 0) / 1_000_000,
      rows: rowsAfter === null ? null : rowsAfter - (rowsBefore ?? 0),
    },
  };
}

async function walPosition(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn');
  return rows[0]?.lsn ?? '0/0';
}

/** A process tells the statistics what it wrote before it is gone. */
async function rowsWritten(pool: pg.Pool): Promise<number | null> {
  const { rows } = await pool.query<{ written: string | null }>(
    `SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::text AS written
     FROM pg_stat_user_tables WHERE schemaname = 'mirror' AND relname = ANY ($1)`,
    [MIRROR_TABLES],
  );
  const written = rows[0]?.written ?? null;
  return written === null ? null : Number(written);
}
