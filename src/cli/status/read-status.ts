import { packageVersion } from '../../package-root.ts';
import { targetsOf } from '../../queue/targets.ts';
import { countSpokenFor } from '../../report/count-spoken-for.ts';
import { type Coverage, readCoverage } from '../../report/read-coverage.ts';
import { readListings } from '../../report/read-listings.ts';
import { type MirrorFacts, readMirrorFacts } from '../../report/read-mirror-facts.ts';
import { nextFire } from '../../settings/next-fire.ts';
import { describeTarget } from '../../store/connect.ts';
import { countOpenLetters } from '../../store/dead-letters/count-open-letters.ts';
import { listLetters } from '../../store/dead-letters/list-letters.ts';
import type { OpenDatabase } from '../parts/database.ts';
import { type ListedFires, listFires } from '../parts/next-fires.ts';
import type { Context } from '../shell.ts';
import { type Judged, type ListingFacts, type NextFire, standingOf } from './standing.ts';

/** All that `status` tells. */
export interface Status {
  readonly version: string;
  /** Host, port and name of the database. */
  readonly database: string;
  readonly mirror: MirrorFacts;
  /** The address in the settings; null where none is configured. */
  readonly configuredCatalog: string | null;
  readonly coverage: Coverage;
  readonly queue: ListedFires;
  readonly listings: readonly Judged[];
  readonly at: Date;
}

/** Reads how the mirror stands: one look at each table, and one at the queue. */
export async function readStatus(context: Context, database: OpenDatabase): Promise<Status> {
  const { pool } = database;
  const at = context.clock.now();
  const [mirror, coverage, runs, spokenFor, letters, removals, queue] = await Promise.all([
    readMirrorFacts(pool),
    readCoverage(pool, {}),
    readListings(pool),
    countSpokenFor(pool),
    countOpenLetters(pool),
    listLetters(pool, { errorClass: 'suspicious_removal', state: 'open' }, null),
    listFires(context, database),
  ]);
  const runsOf = byListing(runs);
  const spokenForOf = byListing(spokenFor);
  const lettersOf = byListing(letters);
  const removalOf = byListing(removals);
  const wanted = byListing(targetsOf(context.settings.organizations));
  const fireOf = nextFires(context, queue, at);
  const isNamed = context.settings.catalog.url !== null && wanted.size > 0;
  const keys = [...new Set([...runsOf.keys(), ...spokenForOf.keys(), ...lettersOf.keys(), ...wanted.keys()])].sort();
  const listings = keys.flatMap((key): Judged[] => {
    const name = runsOf.get(key) ?? spokenForOf.get(key) ?? lettersOf.get(key) ?? wanted.get(key);
    if (name === undefined) return [];
    const { current = 0, outOfScope = 0 } = spokenForOf.get(key) ?? {};
    const facts: ListingFacts = {
      organization: name.organization,
      kind: name.kind,
      inSettings: isNamed ? wanted.has(key) : null,
      runs: runsOf.get(key) ?? null,
      artifacts: current,
      outOfScope,
      openLetters: lettersOf.get(key)?.open ?? 0,
      removalLetterId: removalOf.get(key)?.id ?? null,
      nextFire: fireOf.get(key) ?? null,
    };
    return [{ ...facts, standing: standingOf(facts, at) }];
  });
  return {
    version: packageVersion(),
    database: describeTarget(database.connectionString),
    mirror,
    configuredCatalog: context.settings.catalog.url?.href ?? null,
    coverage,
    queue,
    listings,
    at,
  };
}

/** What the queue says goes before what the settings say. */
function nextFires({ settings }: Context, queue: ListedFires, at: Date): ReadonlyMap<string, NextFire> {
  const fires = new Map<string, NextFire>();
  if (settings.catalog.url !== null) {
    for (const { cron, timeZone, ...organization } of settings.organizations) {
      const next = nextFire(cron, timeZone, at);
      if (next === null) continue;
      for (const target of targetsOf([organization])) fires.set(keyOf(target), { at: next, from: 'settings' });
    }
  }
  if (queue.status === 'listed') {
    for (const fire of queue.fires) {
      if (fire.next !== null) fires.set(keyOf(fire), { at: fire.next, from: 'queue' });
    }
  }
  return fires;
}

interface Named {
  readonly organization: string;
  readonly kind: string;
}

function keyOf({ organization, kind }: Named): string {
  return JSON.stringify([organization, kind]);
}

function byListing<Listing extends Named>(listings: readonly Listing[]): ReadonlyMap<string, Listing> {
  return new Map(listings.map((listing) => [keyOf(listing), listing]));
}
