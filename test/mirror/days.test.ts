import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { dayIn } from '../../src/mirror/day.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { artifact, type Harness, mirrored, openHarness } from './harness.ts';

describe('the day of a moment', () => {
  it.each([
    ['Asia/Tokyo', '2025-01-01T23:30:00Z', '2025-01-02'],
    ['Asia/Tokyo', '2024-12-31T14:59:59.999Z', '2024-12-31'],
    ['Asia/Tokyo', '2024-12-31T15:00:00Z', '2025-01-01'],
    ['America/New_York', '2025-01-01T04:59:59Z', '2024-12-31'],
    ['America/New_York', '2025-01-01T05:00:00Z', '2025-01-01'],
    // Midnight moves with the clocks: on the day they change, and by an hour after it.
    ['America/New_York', '2025-03-09T04:59:59Z', '2025-03-08'],
    ['America/New_York', '2025-03-10T03:59:59Z', '2025-03-09'],
    ['America/New_York', '2025-03-10T04:00:00Z', '2025-03-10'],
    ['America/New_York', '2025-11-02T03:59:59Z', '2025-11-01'],
    ['America/New_York', '2025-11-02T04:00:00Z', '2025-11-02'],
    ['America/New_York', '2025-11-03T04:59:59Z', '2025-11-02'],
    ['America/New_York', '2025-11-03T05:00:00Z', '2025-11-03'],
    ['Europe/Berlin', '2025-03-29T22:59:59Z', '2025-03-29'],
    ['Europe/Berlin', '2025-03-29T23:00:00Z', '2025-03-30'],
    ['Europe/Berlin', '2025-03-30T21:59:59Z', '2025-03-30'],
    ['Europe/Berlin', '2025-03-30T22:00:00Z', '2025-03-31'],
    ['Europe/Berlin', '2025-10-25T21:59:59Z', '2025-10-25'],
    ['Europe/Berlin', '2025-10-25T22:00:00Z', '2025-10-26'],
    ['Europe/Berlin', '2025-10-26T22:59:59Z', '2025-10-26'],
    ['Europe/Berlin', '2025-10-26T23:00:00Z', '2025-10-27'],
    // Where the clocks go forward at midnight, the day begins at one.
    ['Africa/Cairo', '2025-04-24T21:59:59Z', '2025-04-24'],
    ['Africa/Cairo', '2025-04-24T22:00:00Z', '2025-04-25'],
    ['Pacific/Kiritimati', '2025-01-01T10:00:00Z', '2025-01-02'],
    ['Pacific/Pago_Pago', '2025-01-01T10:59:59Z', '2024-12-31'],
    ['Asia/Kathmandu', '2025-01-01T18:15:00Z', '2025-01-02'],
    ['UTC', '2024-02-29T00:00:00Z', '2024-02-29'],
  ])('in %s of %s is %s', (timeZone, moment, day) => {
    expect(dayIn(timeZone, new Date(moment))).toBe(day);
  });

  it('in UTC is the date of its ISO form', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
        (moment) => {
          expect(dayIn('UTC', moment)).toBe(moment.toISOString().slice(0, 10));
        },
      ),
    );
  });
});

describe.skipIf(!postgresAvailable)('the day of a moment, to PostgreSQL', () => {
  const database = useTestDatabase();

  it('is the same in every zone, at any time of these years', async () => {
    const zones = ['UTC', 'Asia/Tokyo', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/St_Johns'];
    const start = Date.parse('2015-01-01T00:00:00Z');
    // Every 29 hours and 17 minutes, for ten years: each hour of the day comes up again and again.
    const moments = Array.from({ length: 3_000 }, (_, index) => new Date(start + index * (29 * 60 + 17) * 60_000));
    const { rows } = await database.pool.query<{ moment: Date; zone: string; day: string }>(
      `SELECT moment, zone, (moment AT TIME ZONE zone)::date::text AS day
       FROM unnest($1::timestamptz[]) AS moment CROSS JOIN unnest($2::text[]) AS zone`,
      [moments, zones],
    );
    expect(rows).toHaveLength(moments.length * zones.length);
    expect(rows.filter(({ moment, zone, day }) => dayIn(zone, moment) !== day)).toEqual([]);
  });
});

describe.skipIf(!postgresAvailable)('the day of a run', () => {
  let harness: Harness;
  afterEach(() => harness.close());

  it('is the one its start falls on in the time zone of its organization', async () => {
    harness = await openHarness({
      lists: { acme: [artifact(1)], tokyo: [artifact(1, {}, 'tokyo')] },
      organizations: [mirrored('acme'), mirrored('tokyo', { timeZone: 'Asia/Tokyo' })],
    });
    harness.clock.set('2025-01-01T23:30:00Z');
    expect(await harness.attempt('acme')).toMatchObject({ run: { day: '2025-01-01' } });
    expect(await harness.attempt('tokyo')).toMatchObject({
      run: { day: '2025-01-02', startedAt: '2025-01-01T23:30:00.000Z' },
    });
    expect(
      await harness.rows('SELECT organization, day::text FROM report.daily_downloads ORDER BY organization'),
    ).toEqual([
      { organization: 'acme', day: '2025-01-01' },
      { organization: 'tokyo', day: '2025-01-02' },
    ]);
  });

  it('is the day of all that the run writes, however long past midnight it ends', async () => {
    harness = await openHarness({ lists: { acme: [artifact(1), artifact(2)] } });
    await harness.night('2025-01-01');
    harness.catalog.remove('acme', String(artifact(2)['id']));
    harness.clock.set('2025-01-02T23:59:00Z');
    harness.catalog.script(() => {
      harness.clock.set('2025-01-03T00:05:00Z');
      return undefined;
    });
    expect(await harness.attempt('acme')).toMatchObject({
      run: { day: '2025-01-02', finishedAt: '2025-01-03T00:05:00.000Z' },
    });
    expect(await harness.rows('SELECT event, day::text, at FROM mirror.artifact_events')).toEqual([
      { event: 'withdrawn', day: '2025-01-02', at: new Date('2025-01-03T00:05:00Z') },
    ]);
  });

  it('counts the day on which the clocks change as one, and a second run on it adds only what is new', async () => {
    harness = await openHarness({
      lists: { acme: [artifact(1)] },
      organizations: [mirrored('acme', { timeZone: 'America/New_York' })],
    });
    // 03:00 local: -05:00 before the 9th of March, -04:00 from then on; the last is 23:30 of the same day.
    for (const [moment, downloads] of [
      ['2025-03-08T08:00:00Z', 100],
      ['2025-03-09T07:00:00Z', 110],
      ['2025-03-10T03:30:00Z', 113],
      ['2025-03-10T07:00:00Z', 120],
    ] as const) {
      harness.clock.set(moment);
      harness.catalog.update('acme', String(artifact(1)['id']), { download_count: downloads });
      await harness.attempt('acme');
    }
    expect(
      await harness.rows('SELECT day::text, downloads::integer, days_covered FROM report.daily_downloads ORDER BY day'),
    ).toEqual([
      { day: '2025-03-08', downloads: null, days_covered: null },
      { day: '2025-03-09', downloads: 13, days_covered: 1 },
      { day: '2025-03-10', downloads: 7, days_covered: 1 },
    ]);
  });
});
