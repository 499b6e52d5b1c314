import { describe, expect, it } from 'vitest';
import { readRunsSince } from '../../src/store/runs-since.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';

const THREE = new Date('2025-01-15T03:00:00Z');
const FOUR = new Date('2025-01-15T04:00:00Z');
const FIVE = new Date('2025-01-15T05:00:00Z');

describe.skipIf(!postgresAvailable)('the last run of a listing since a moment', () => {
  const database = useTestDatabase();

  async function write(organization: string, state: string, startedAt: Date, kind = 'models'): Promise<string> {
    const { rows } = await database.pool.query<{ id: string }>(
      `INSERT INTO mirror.runs (organization, kind, include_public, trigger, day, time_zone, catalog_url, page_size,
                                state, started_at, lease_expires_at, finished_at)
       VALUES ($1, $2, false, 'schedule', '2025-01-15', 'UTC', 'https://catalog.example/api/v1', 10, $3, $4, $4,
               CASE WHEN $3 = 'running' THEN NULL ELSE $4::timestamptz END)
       RETURNING id::text`,
      [organization, kind, state, startedAt],
    );
    return rows[0]?.id ?? '';
  }
  const models = (organization: string, since: Date) => ({ organization, kind: 'models', since });

  it('is that of the listing alone, the last in run order, and as it stands', async () => {
    await write('acme', 'certified', FOUR);
    const last = await write('acme', 'partial', FOUR);
    await write('acme', 'certified', FIVE, 'datasets');
    const open = await write('globex', 'running', FOUR);
    await write('umbrella', 'certified', FIVE);
    expect(await readRunsSince(database.pool, [models('globex', THREE), models('acme', THREE)])).toEqual([
      { organization: 'acme', kind: 'models', runId: last, state: 'partial' },
      { organization: 'globex', kind: 'models', runId: open, state: 'running' },
    ]);
  });

  it('is none where all began before its own moment, which counts itself', async () => {
    await write('acme', 'certified', THREE);
    await write('globex', 'certified', THREE);
    expect(await readRunsSince(database.pool, [models('acme', FOUR), models('globex', THREE)])).toMatchObject([
      { organization: 'globex' },
    ]);
  });

  it('is asked for many at once, or for none', async () => {
    const listings = Array.from({ length: 1_000 }, (_, index) => models(`org-${index}`, THREE));
    expect(await readRunsSince(database.pool, listings)).toEqual([]);
    expect(await readRunsSince(database.pool, [])).toEqual([]);
  });
});
