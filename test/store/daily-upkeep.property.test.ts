import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PageItem } from '../../src/catalog/page.ts';
import { parseInstant } from '../../src/catalog/timestamp.ts';
import { applyNight, type Night } from '../../src/store/apply/apply-night.ts';
import { type ClaimedRun, claimRun } from '../../src/store/claim-run.ts';
import { retireOrganization } from '../../src/store/organizations/retire-organization.ts';
import { createTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { completeNight, WALK } from './apply-ground.ts';
import { emptyMirror, expectDays } from './daily-ground.ts';
import { applyContext, artifactId, bad, goodRecord, identity, pageOf, stagePage } from './ground.ts';

/** What a catalog shows of an artifact when a walk reads it. */
interface Sight {
  readonly as: 'listed' | 'missing' | 'unreadable';
  readonly count: number;
  /** Under its other name, which may have another owner. */
  readonly renamed: boolean;
  /** With another created_at than the first time. */
  readonly recreated: boolean;
}

interface Walk {
  readonly organization: string;
  readonly includePublic: boolean;
  readonly state: 'certified' | 'held' | 'partial';
  readonly day: string;
  readonly startedAt: Date;
  /** Applied only after the next one of another organization. */
  readonly isLate: boolean;
  /** Whether the owner of the second artifact is mirrored by now. */
  readonly isBobMirrored: boolean;
  readonly sights: readonly Sight[];
}

type Step = { readonly night: Walk } | { readonly retires: string };

/** Names and other names; of the last one nobody is ever mirrored. */
const NAMES = [
  ['acme/0', 'acme/zero'],
  ['bob/1', 'acme/1'],
  ['acme/2', 'bob/2'],
  ['carol/3', 'carol/three'],
  ['bare', 'acme/bare'],
] as const;
const CREATED_AT = [-1, 2, 5, 8, 1];

/** Some thousand were played when this was written; each takes a quarter of a second. */
const HISTORIES = 60;

const hour = (place: number): Date => new Date(Date.UTC(2025, 0, 10) + place * 3_600_000);
const dayAt = (place: number): string => new Date(Date.UTC(2025, 0, 10 + place)).toISOString().slice(0, 10);

const sight: fc.Arbitrary<Sight> = fc.record({
  as: fc.oneof(
    { weight: 9, arbitrary: fc.constant<Sight['as']>('listed') },
    { weight: 1, arbitrary: fc.constantFrom<Sight['as']>('missing', 'unreadable') },
  ),
  count: fc.oneof({ weight: 1, arbitrary: fc.constant(2) }, { weight: 1, arbitrary: fc.nat(4) }),
  recreated: fc.oneof({ weight: 14, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  renamed: fc.oneof({ weight: 12, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

const steps: fc.Arbitrary<readonly Step[]> = fc
  .record({
    bobFrom: fc.nat(10),
    each: fc.array(
      fc.record({
        retires: fc.oneof({ weight: 15, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
        organization: fc.constantFrom('acme', 'acme', 'bob'),
        includePublic: fc.boolean(),
        state: fc.constantFrom('certified', 'certified', 'certified', 'held', 'partial'),
        daysLater: fc.constantFrom(0, 1, 1, 1, 3),
        // A day behind, where it is another time zone.
        zone: fc.constantFrom(0, 0, 0, 0, 0, 0, -1),
        isLate: fc.constantFrom(false, false, false, true),
        sights: fc.array(sight, { minLength: NAMES.length, maxLength: NAMES.length }),
      }),
      { minLength: 2, maxLength: 12 },
    ),
  })
  .map(({ bobFrom, each }) => {
    let place = 0;
    return each.map(({ retires, daysLater, zone, ...night }, index): Step => {
      place += daysLater;
      if (retires) return { retires: night.organization };
      const isBobMirrored = index >= bobFrom;
      const organization = isBobMirrored ? night.organization : 'acme';
      return {
        night: { ...night, organization, isBobMirrored, day: dayAt(place + zone), startedAt: hour(index) },
      };
    });
  });

function itemsOf({ organization, includePublic, sights }: Walk): readonly PageItem[] {
  return sights.flatMap(({ as, count, renamed, recreated }, index): readonly PageItem[] => {
    const name = NAMES[index]?.[renamed ? 1 : 0] ?? '';
    const owner = name.includes('/') ? name.split('/')[0] : 'acme';
    if (as === 'missing' || (owner !== organization && !includePublic)) return [];
    const createdAt = parseInstant(
      new Date(hour(recreated ? 4 : (CREATED_AT[index] ?? 0)).getTime() + 1).toISOString(),
    );
    if (createdAt === null) throw new Error('no moment');
    const id = artifactId(index + 1);
    if (as === 'unreadable') return [bad({ id, createdAt })];
    return [{ ok: true, record: goodRecord(index + 1, { name, downloadCount: count, createdAt }) }];
  });
}

function endOf(state: Walk['state']): Night {
  if (state !== 'partial') return completeNight({ provedBy: 'list', isHeld: () => state === 'held' });
  const end = { state, error: 'a page failed', errorClass: null };
  return { complete: false, proof: null, end, unproved: 0, letters: [] };
}

describe.skipIf(!postgresAvailable)('the days that runs add, night after night', () => {
  let database: TestDatabase;
  /** One each, as workers have: a run holds a session lock. */
  const clients = new Map<string, pg.PoolClient>();
  beforeAll(async () => {
    database = await createTestDatabase();
    for (const organization of ['acme', 'bob']) clients.set(organization, await database.pool.connect());
  });
  afterAll(async () => {
    for (const client of clients.values()) client.release();
    await database?.drop();
  });

  const clientOf = (organization: string): pg.PoolClient => {
    const client = clients.get(organization);
    if (client === undefined) throw new Error(`no client of ${organization}`);
    return client;
  };

  async function open(night: Walk): Promise<ClaimedRun> {
    const client = clientOf(night.organization);
    const { organization, day, includePublic, startedAt } = night;
    const claim = await claimRun(client, identity({ organization, day, includePublic }), {
      trigger: 'manual',
      startedAt,
      resumeMinutes: 60,
    });
    if (claim.status !== 'claimed') throw new Error('another worker is at it');
    const { summary, answer } = pageOf(itemsOf(night), { arrivedAt: startedAt });
    if (!(await stagePage(client, claim.run, summary, answer))) throw new Error('the run was lost');
    return claim.run;
  }

  async function close(night: Walk, run: ClaimedRun): Promise<void> {
    const { organization, day, includePublic, startedAt, state, isBobMirrored } = night;
    const context = applyContext(run.runId, {
      scope: identity({ organization, includePublic }),
      day,
      at: startedAt,
      mirrored: isBobMirrored ? ['acme', 'bob'] : ['acme'],
    });
    expect(await applyNight(clientOf(organization), run, context, endOf(state), WALK)).toBe(true);
    await expectDays(clientOf('acme'));
  }

  async function retire(organization: string, at: Date): Promise<void> {
    await retireOrganization(database.pool, organization, { at, dayIn: () => at.toISOString().slice(0, 10) });
    await expectDays(clientOf('acme'));
  }

  async function play(history: readonly Step[]): Promise<void> {
    await emptyMirror(clientOf('acme'));
    let late: (() => Promise<void>) | null = null;
    for (const [index, step] of history.entries()) {
      if ('retires' in step) {
        await late?.();
        late = null;
        await retire(step.retires, hour(index));
        continue;
      }
      const { night } = step;
      const next = history[index + 1];
      const run = await open(night);
      const mayBeLate = next !== undefined && 'night' in next && next.night.organization !== night.organization;
      if (night.isLate && mayBeLate && late === null) {
        late = () => close(night, run);
        continue;
      }
      await close(night, run);
      await late?.();
      late = null;
    }
    await late?.();
  }

  it('are those that follow from all that is known, whatever order they came in', async () => {
    await fc.assert(fc.asyncProperty(steps, play), { numRuns: HISTORIES });
  }, 120_000);
});
