import { type SQL, sql } from 'drizzle-orm';

/**
 * The staged pages, of any run, whose cover holds a place: a subquery for LATERAL joins.
 *
 * OFFSET 0 keeps PostgreSQL from looking for the pages of the run first, which it takes for few where its statistics are of
 * earlier runs. Through the index on `covers` 100,000 places find their witnesses among 4,500 pages in 1.2 s; through
 * (run_id, lower bound) it took 17.8 s, through (run_id, both bounds) 6.0 s.
 *
 * @param place an expression of type timestamptz
 */
export function coveringPages(place: SQL): SQL {
  return sql`SELECT * FROM mirror.staged_pages WHERE covers @> ${place} OFFSET 0`;
}
