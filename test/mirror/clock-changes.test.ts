import { defaultRepeatStrategy } from 'bullmq';
import { afterEach, describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { artifact, artifactId, type Harness, mirrored, openHarness } from './harness.ts';

let harness: Harness;
afterEach(() => harness.close());

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Schedule {
  readonly organization: string;
  readonly cron: string;
}

/** At the usual hour, at both ends of the day, and in the hours that are skipped or come twice. */
const SCHEDULES: readonly (Schedule & { readonly firstDay: number })[] = [
  { organization: 'usual', cron: '0 3 * * *', firstDay: -1 },
  { organization: 'first', cron: '0 0 * * *', firstDay: -1 },
  { organization: 'last', cron: '59 59 23 * * *', firstDay: -2 },
  { organization: 'one', cron: '30 1 * * *', firstDay: -1 },
  { organization: 'two', cron: '30 2 * * *', firstDay: -1 },
];

/** When the scheduler fires next, as the queue works it out. */
function nextFire(cron: string, timeZone: string, after: number): number {
  const next = defaultRepeatStrategy(after, { pattern: cron, tz: timeZone });
  if (next === undefined) throw new Error(`${cron} never fires again`);
  return next;
}

function fires(cron: string, timeZone: string, after: number, count: number): readonly number[] {
  const next = nextFire(cron, timeZone, after);
  return count === 1 ? [next] : [next, ...fires(cron, timeZone, next, count - 1)];
}

const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10);

async function open(schedules: readonly Schedule[], timeZone: string): Promise<void> {
  harness = await openHarness({
    lists: Object.fromEntries(
      schedules.map(({ organization }) => [organization, [artifact(1, { download_count: 0 }, organization)]]),
    ),
    organizations: schedules.map(({ organization }) => mirrored(organization, { timeZone })),
  });
}

/** Mirrors at that moment a catalog whose counter rises by one an hour: downloads tell how long a day was. */
async function mirrorAt(organization: string, at: number, since: number): Promise<void> {
  harness.clock.set(new Date(at).toISOString());
  harness.catalog.update(organization, artifactId(1, organization), {
    download_count: Math.floor((at - since) / HOUR),
  });
  expect(await harness.attempt(organization)).toMatchObject({ run: { state: 'certified' } });
}

/** Every day of an organization, as coverage and the daily rows tell it. */
function toldDays(organization: string) {
  return harness.rows(
    `SELECT coverage.day::text, covered, downloads::integer, days_covered
     FROM report.coverage LEFT JOIN report.daily_downloads AS daily USING (kind, organization, day)
     WHERE organization = $1 ORDER BY day`,
    [organization],
  );
}

describe.skipIf(!postgresAvailable)('nights over a change of the clocks', () => {
  it.each([
    ['forward', 'Europe/Berlin', '2025-03-30', 23],
    ['forward', 'America/New_York', '2025-03-09', 23],
    ['back', 'Europe/Berlin', '2025-10-26', 25],
    ['back', 'America/New_York', '2025-11-02', 25],
  ])('%s in %s have one day each, whatever hour they are set for', async (_, timeZone, change, hours) => {
    const since = Date.parse(`${dayAfter(change, -2)}T12:00:00Z`);
    await open(SCHEDULES, timeZone);
    const nights = SCHEDULES.flatMap(({ organization, cron }) =>
      fires(cron, timeZone, since, 5).map((at) => ({ organization, at })),
    );
    for (const { organization, at } of nights.sort((a, b) => a.at - b.at)) {
      await mirrorAt(organization, at, since);
    }
    for (const { organization, firstDay } of SCHEDULES) {
      const own = nights.filter((night) => night.organization === organization);
      const lengths = own.slice(1).map(({ at }, index) => (at - (own[index]?.at ?? at)) / HOUR);
      // From one night to the next it is an hour less, or more, once.
      expect(lengths.filter((length) => length === hours).length, organization).toBe(1);
      expect(await toldDays(organization), organization).toEqual([
        { day: dayAfter(change, firstDay), covered: true, downloads: null, days_covered: null },
        ...lengths.map((length, index) => ({
          day: dayAfter(change, firstDay + index + 1),
          covered: true,
          downloads: length,
          days_covered: 1,
        })),
      ]);
    }
  });

  it.each([
    ['Europe/Berlin', '2025-10-26', '30 2 * * *', '2025-10-26T01:10:00Z', '2025-10-26T01:30:00Z'],
    ['America/New_York', '2025-11-02', '30 1 * * *', '2025-11-02T06:10:00Z', '2025-11-02T06:30:00Z'],
  ])('back in %s on %s, set for %s, run twice that day where the first is late: it is one day', async (...night) => {
    const [timeZone, change, cron, late, again] = night;
    const since = Date.parse(`${dayAfter(change, -2)}T12:00:00Z`);
    await open([{ organization: 'late', cron }], timeZone);
    await mirrorAt('late', nextFire(cron, timeZone, since), since);
    // Taken up in the hour that comes a second time, with the same moment of the clock on the wall still to come.
    await mirrorAt('late', Date.parse(late), since);
    expect(new Date(nextFire(cron, timeZone, Date.parse(late)))).toEqual(new Date(again));
    await mirrorAt('late', Date.parse(again), since);
    await mirrorAt('late', nextFire(cron, timeZone, Date.parse(again)), since);
    expect(await harness.rows('SELECT day::text FROM mirror.runs ORDER BY id')).toEqual(
      [-1, 0, 0, 1].map((days) => ({ day: dayAfter(change, days) })),
    );
    expect(await toldDays('late')).toEqual([
      { day: dayAfter(change, -1), covered: true, downloads: null, days_covered: null },
      { day: change, covered: true, downloads: 25, days_covered: 1 },
      { day: dayAfter(change, 1), covered: true, downloads: 24, days_covered: 1 },
    ]);
  });
});
