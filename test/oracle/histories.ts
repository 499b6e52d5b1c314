import fc from 'fast-check';
import { uuidV5 } from '../../src/demo/uuid-v5.ts';
import type { History, HistoryArtifact, OracleNight, OracleOrganization } from './history.ts';

/** A history, who is mirrored of it, and when. */
export interface Question {
  readonly history: History;
  readonly organizations: readonly OracleOrganization[];
  readonly nights: readonly OracleNight[];
}

const MOST_NIGHTS = 10;

/** When the runs of a day start. */
export const startOf = (day: string): Date => new Date(`${day}T03:00:00Z`);

/** Nights from the first of January on, one after the other or far apart: up to four windows of 28 days, and beyond. */
const days: fc.Arbitrary<readonly string[]> = fc
  .array(fc.constantFrom(1, 1, 1, 1, 2, 3, 6, 7, 8, 14, 27, 28), { maxLength: MOST_NIGHTS - 1, size: 'max' })
  .map((gaps) => {
    let past = 0;
    return [0, ...gaps].map((gap) => {
      past += gap;
      return new Date(Date.UTC(2025, 0, 1 + past)).toISOString().slice(0, 10);
    });
  });

/** What a catalog shows of an artifact on one night: its counter rises, or falls to half of what it was. */
const sight = fc.oneof(
  { weight: 10, arbitrary: fc.nat(5).map((rise) => ({ as: 'listed', rise }) as const) },
  { weight: 2, arbitrary: fc.constant({ as: 'missing' } as const) },
  { weight: 1, arbitrary: fc.constant({ as: 'fallen' } as const) },
);

/** Before everything, or about the start of a night: to the microsecond, and in the middle of its day. */
const createdAt = fc.option(
  fc.record({
    night: fc.nat(MOST_NIGHTS - 1),
    time: fc.constantFrom('03:00:00Z', '03:00:00.000001Z', '02:59:59.9999999Z', '12:00:00.5Z'),
  }),
  { freq: 4 },
);

const plan = fc.record({
  // Few names, so that several versions of one name are common.
  name: fc.constantFrom('acme/a', 'acme/b', 'beta/a', 'beta/b', 'gamma/a', 'gamma/b'),
  createdAt,
  from: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(MOST_NIGHTS) }),
  until: fc.oneof({ weight: 3, arbitrary: fc.constant(MOST_NIGHTS) }, { weight: 1, arbitrary: fc.nat(MOST_NIGHTS) }),
  sights: fc.array(sight, { minLength: MOST_NIGHTS, maxLength: MOST_NIGHTS }),
});

type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never;

function told(each: Plan, nights: readonly string[]): Pick<HistoryArtifact, 'name' | 'createdAt' | 'counts'> {
  const { name, createdAt: created, from, until, sights } = each;
  let counter = 0;
  const counts = nights.map((_, night) => {
    const seen = sights[night];
    if (seen === undefined || seen.as === 'missing' || night < from || night >= until) return null;
    counter = seen.as === 'fallen' ? Math.floor(counter / 2) : counter + seen.rise;
    return counter;
  });
  const day = created === null ? undefined : nights[Math.min(created.night, nights.length - 1)];
  return { name, counts, createdAt: day === undefined ? '2024-06-01T00:00:00Z' : `${day}T${created?.time}` };
}

const missed = fc.array(fc.constantFrom(true, false, false, false, false), {
  minLength: MOST_NIGHTS,
  maxLength: MOST_NIGHTS,
});

/** Any small history: resets, gaps, absences, several versions, guests with and without somebody who speaks for them. */
export const questions: fc.Arbitrary<Question> = fc
  .record({
    days,
    plans: fc.array(plan, { maxLength: 8, size: 'max' }),
    includePublic: fc.boolean(),
    missedByAcme: missed,
    missedByBeta: missed,
  })
  .map((each) => {
    const missedDays = (by: readonly boolean[]): string[] => each.days.filter((_, night) => by[night]);
    // One that never leaves for each organization: an empty list would be held, of which the oracle knows nothing.
    const steady = ['acme/steady', 'beta/steady', 'gamma/steady'].map((name) => ({
      name,
      createdAt: '2024-01-01T00:00:00Z',
      counts: each.days.map(() => 1),
    }));
    return {
      history: {
        kind: 'models',
        days: each.days,
        artifacts: [...each.plans.map((one) => told(one, each.days)), ...steady].map((artifact, index) => ({
          ...artifact,
          id: uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', String(index)),
          version: `${index}.0.0`,
          origin: index % 2 === 0 ? null : { index },
        })),
      },
      organizations: [
        { organization: 'acme', includePublic: each.includePublic, missedDays: missedDays(each.missedByAcme) },
        { organization: 'beta', includePublic: false, missedDays: missedDays(each.missedByBeta) },
      ],
      nights: each.days.map((day) => ({ day, at: startOf(day) })),
    };
  });
