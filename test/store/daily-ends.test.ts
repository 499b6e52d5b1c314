import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PageItem } from '../../src/catalog/page.ts';
import type { Night } from '../../src/store/apply/apply-night.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { closeNight, completeNight, inexactNight, openNight } from './apply-ground.ts';
import { expectDays } from './daily-ground.ts';
import { artifactId, bad, good, goodRecord, instant } from './ground.ts';

describe.skipIf(!postgresAvailable)('the last day of an artifact', () => {
  const database = useTestDatabase();
  let client: pg.PoolClient;
  beforeEach(async () => {
    client = await database.pool.connect();
  });
  afterEach(() => client.release());

  const complete = completeNight({ provedBy: 'list' });

  async function night(day: string, items: readonly PageItem[], end: Night = complete): Promise<void> {
    const run = await openNight(client, [[items]], { day });
    await closeNight(client, run, end, { day });
    await expectDays(client);
  }

  /** By day: what the first artifact's rows say. */
  async function rows(): Promise<unknown[]> {
    const { rows } = await client.query(
      `SELECT day::text, downloads::integer, days_covered FROM report.daily_downloads WHERE artifact_id = $1 ORDER BY day`,
      [artifactId(1)],
    );
    return rows.map(({ day, downloads, days_covered }) => [day, downloads, days_covered]);
  }

  const unreadable = bad({ id: artifactId(1), createdAt: instant('2024-01-01T00:00:01Z') });
  const later = { ok: true, record: goodRecord(1, { downloadCount: 17 }) } as const;

  it('is that of the run before the one that ended it', async () => {
    await night('2025-01-10', [good(1), good(2)]);
    await night('2025-01-11', [good(1), good(2)]);
    await night('2025-01-12', [good(2)]);
    expect(await rows()).toEqual([
      ['2025-01-10', null, null],
      ['2025-01-11', 0, 1],
    ]);
  });

  it('stays where an incomplete run could not read its counter before it went', async () => {
    await night('2025-01-10', [good(1), good(2)]);
    await night('2025-01-11', [unreadable, good(2)], inexactNight(null));
    await night('2025-01-12', [good(2)]);
    expect(await rows()).toEqual([['2025-01-10', null, null]]);
  });

  it('has the counter of its run, not what an incomplete run read before it went', async () => {
    await night('2025-01-10', [good(1), good(2)]);
    await night('2025-01-11', [later, good(2)], inexactNight(null));
    await night('2025-01-12', [good(2)]);
    expect(await rows()).toEqual([['2025-01-10', null, null]]);
  });

  it('goes with a second run of the day that does not list it', async () => {
    await night('2025-01-10', [good(1), good(2)]);
    await night('2025-01-11', [later, good(2)]);
    await night('2025-01-11', [good(2)]);
    expect(await rows()).toEqual([['2025-01-10', null, null]]);
  });

  it('comes back with a third one that does', async () => {
    await night('2025-01-10', [good(1), good(2)]);
    await night('2025-01-11', [later, good(2)]);
    await night('2025-01-11', [good(2)]);
    await night('2025-01-11', [later, good(2)]);
    expect(await rows()).toEqual([
      ['2025-01-10', null, null],
      ['2025-01-11', 7, 1],
    ]);
  });
});
