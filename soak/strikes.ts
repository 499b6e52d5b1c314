import { Redis } from 'ioredis';
import { mulberry32, type Random } from '../src/fake/adversary/random.ts';
import type { FakeRequest } from '../src/fake/server.ts';
import { BAD_ANSWERS, type BadAnswer, GATEWAY_ANSWERS, PASSING_ANSWERS } from './catalog/answers.ts';
import { type Listing, listingOf } from './catalog/ledger.ts';
import { LISTINGS, type SoakCatalog, TOKENS } from './catalog/soak-catalog.ts';
import type { Fleet } from './fleet.ts';
import type { FaultName, PlannedFault } from './plan.ts';
import { type SoakServer, untilPostgresAnswers } from './servers.ts';

/** All that can be struck. */
export interface Ground {
  readonly catalog: SoakCatalog;
  readonly fleet: Fleet;
  readonly postgres: SoakServer;
  readonly redis: SoakServer | null;
}

/** A fault that has begun: whom it befell, and how it ends. */
export interface Struck {
  readonly what: string;
  /** Where it befalls one listing alone. */
  readonly listing?: Listing;
  readonly end: () => Promise<unknown> | unknown;
}

const PAGES = 6;
const TENTH = 0.1;
const HALF = 0.5;

/** Begins a planned fault. */
export async function strike(fault: PlannedFault, ground: Ground): Promise<Struck> {
  const random = mulberry32(Math.floor(fault.how * 2 ** 32));
  return STRIKES[fault.name](fault, ground, random);
}

type Strike = (fault: PlannedFault, ground: Ground, random: Random) => Struck | Promise<Struck>;

const STRIKES: Readonly<Record<FaultName, Strike>> = {
  'catalog behind a dead gateway': (_, { catalog }, random) => {
    const bad = oneOf(GATEWAY_ANSWERS, random);
    return { what: bad.what, end: cast(catalog, () => true, bad) };
  },
  'every tenth answer fails': (_, { catalog }, random) => ({
    what: 'each in another way',
    end: catalog.spells.cast({
      befalls: () => random.chance(TENTH),
      answer: () => {
        const { errorClass, act } = oneOf(PASSING_ANSWERS, random);
        return { errorClass, act: act() };
      },
    }),
  }),
  'listing fails': ({ whom }, { catalog }, random) => {
    const listing = at(LISTINGS, whom);
    const bad = oneOf(BAD_ANSWERS, random);
    return { what: `${listing}: ${bad.what}`, listing, end: cast(catalog, isOf(listing), bad) };
  },
  'page fails': ({ whom }, { catalog }, random) => {
    const listing = at(LISTINGS, whom);
    const bad = oneOf(BAD_ANSWERS, random);
    const page = String(1 + random.below(PAGES));
    const isPage = (request: FakeRequest) => isOf(listing)(request) && request.query['page'] === page;
    return { what: `page ${page} of ${listing}: ${bad.what}`, listing, end: cast(catalog, isPage, bad) };
  },
  'records turn bad': ({ whom }, { catalog }, random) => {
    const shelf = at(catalog.shelves, whom);
    return { what: shelf.organization, end: shelf.spoilSome(1 + random.below(6)) };
  },
  'half the listing vanishes': ({ whom }, { catalog }) => {
    const shelf = at(catalog.shelves, whom);
    shelf.sendAway(HALF);
    return { what: shelf.organization, end: () => shelf.bringBack() };
  },
  '429 with Retry-After': ({ whom, seconds }, { catalog }, random) => {
    const token = at(Object.values(TOKENS), whom);
    const until = Date.now() + seconds * 1_000;
    const form = random.below(3);
    const retryAfter = () => {
      if (form === 0) return {};
      return { retryAfter: form === 1 ? String(secondsUntil(until)) : new Date(until + 999).toUTCString() };
    };
    return {
      what: ['without the header', 'in seconds', 'as a date'][form] ?? '',
      end: catalog.spells.cast({
        befalls: isWith(token),
        answer: () => ({ errorClass: 'rate_limited', act: { act: 'status', status: 429, ...retryAfter() } }),
      }),
    };
  },
  'token out of credits': ({ whom }, { catalog }) => ({
    what: 'all that use it',
    end: catalog.spells.cast({
      befalls: isWith(at(Object.values(TOKENS), whom)),
      answer: () => ({ errorClass: 'out_of_credits', act: { act: 'status', status: 429, detail: 'no credits left' } }),
    }),
  }),
  'worker killed (kill -9)': async ({ whom }, { fleet }) => ({ what: await fleet.kill(whom), end: () => {} }),
  'worker told to stop (SIGTERM)': ({ whom }, { fleet }) => {
    const stopping = fleet.stop(whom);
    return { what: 'one of them', end: () => stopping };
  },
  'worker frozen (SIGSTOP)': ({ whom }, { fleet }) => {
    const { what, thaw } = fleet.freeze(whom);
    return { what, end: thaw };
  },
  'PostgreSQL restarted': async (_, { postgres }) => restarted(postgres),
  'PostgreSQL killed': async (_, { postgres }) => killed(postgres, () => untilPostgresAnswers(postgres.url)),
  'PostgreSQL cut off': (_, { postgres }) => cutOff(postgres),
  'PostgreSQL silent': (_, { postgres }, random) => silent(postgres, random),
  'Redis restarted': async (_, { redis }) => restarted(needed(redis)),
  'Redis killed': async (_, { redis }) => killed(needed(redis), async () => {}),
  'Redis cut off': (_, { redis }) => cutOff(needed(redis)),
  'Redis silent': (_, { redis }, random) => silent(needed(redis), random),
  'Redis emptied (FLUSHALL)': async (_, { redis }) => {
    const client = new Redis(needed(redis).url, { maxRetriesPerRequest: 3 });
    client.on('error', () => {});
    try {
      const keys = await client.dbsize();
      await client.flushall();
      return { what: `${keys} keys gone`, end: () => {} };
    } finally {
      client.disconnect();
    }
  },
};

async function restarted(server: SoakServer): Promise<Struck> {
  await server.restart();
  return { what: 'ended and started again', end: () => {} };
}

async function killed(server: SoakServer, untilItAnswers: () => Promise<void>): Promise<Struck> {
  await server.kill();
  return {
    what: 'kill -9',
    end: async () => {
      await server.start();
      await untilItAnswers();
    },
  };
}

function cutOff({ network }: SoakServer): Struck {
  network.cut();
  return { what: 'every connection reset', end: () => network.resume() };
}

/** What was sent meanwhile arrives late, or never. */
function silent({ network }: SoakServer, random: Random): Struck {
  network.stall();
  const isLost = random.chance(0.5);
  const end = () => {
    if (isLost) network.cut();
    network.resume();
  };
  return { what: isLost ? 'what was sent is lost' : 'what was sent arrives late', end };
}

function needed(redis: SoakServer | null): SoakServer {
  if (redis === null) throw new Error('the plan has a fault of Redis, and this soak has none');
  return redis;
}

function cast(catalog: SoakCatalog, befalls: (request: FakeRequest) => boolean, bad: BadAnswer): () => void {
  return catalog.spells.cast({ befalls, answer: () => ({ errorClass: bad.errorClass, act: bad.act() }) });
}

function isOf(listing: string): (request: FakeRequest) => boolean {
  return ({ organization, kind }) => listingOf(organization ?? '', kind ?? '') === listing;
}

function isWith(token: string): (request: FakeRequest) => boolean {
  return ({ headers }) => headers.authorization === `Bearer ${token}`;
}

function secondsUntil(moment: number): number {
  return Math.max(1, Math.ceil((moment - Date.now()) / 1_000));
}

function oneOf<T>(all: readonly T[], random: Random): T {
  return at(all, random.next());
}

/** @param place from 0 to 1 */
function at<T>(all: readonly T[], place: number): T {
  const found = all[Math.min(all.length - 1, Math.floor(place * all.length))];
  if (found === undefined) throw new Error('there is nothing to choose from');
  return found;
}
