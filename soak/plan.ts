import { mulberry32 } from '../src/fake/adversary/random.ts';

/** Whom a fault befalls. Two faults of one part never overlap, those of the catalog's single listings aside. */
export type Part = 'catalog' | 'listing' | 'token' | 'worker' | 'postgres' | 'redis';

/** Everything that can go wrong in a soak: its part, how often it is drawn, and how long it lasts, in seconds. */
export const FAULTS = {
  'catalog behind a dead gateway': { part: 'catalog', weight: 2, least: 2, most: 20 },
  'every tenth answer fails': { part: 'catalog', weight: 2, least: 5, most: 20 },
  'listing fails': { part: 'listing', weight: 3, least: 5, most: 75 },
  'page fails': { part: 'listing', weight: 3, least: 5, most: 75 },
  'records turn bad': { part: 'listing', weight: 2, least: 8, most: 30 },
  'half the listing vanishes': { part: 'listing', weight: 1, least: 8, most: 25 },
  '429 with Retry-After': { part: 'token', weight: 3, least: 1, most: 6 },
  'token out of credits': { part: 'token', weight: 1, least: 3, most: 12 },
  'worker killed (kill -9)': { part: 'worker', weight: 4, least: 0, most: 3 },
  'worker told to stop (SIGTERM)': { part: 'worker', weight: 3, least: 0, most: 3 },
  'worker frozen (SIGSTOP)': { part: 'worker', weight: 2, least: 1, most: 45 },
  'PostgreSQL restarted': { part: 'postgres', weight: 1, least: 0, most: 3 },
  'PostgreSQL killed': { part: 'postgres', weight: 1, least: 0, most: 5 },
  'PostgreSQL cut off': { part: 'postgres', weight: 2, least: 1, most: 8 },
  'PostgreSQL silent': { part: 'postgres', weight: 1, least: 2, most: 20 },
  'Redis restarted': { part: 'redis', weight: 1, least: 0, most: 3 },
  'Redis killed': { part: 'redis', weight: 1, least: 0, most: 5 },
  'Redis cut off': { part: 'redis', weight: 2, least: 1, most: 8 },
  'Redis silent': { part: 'redis', weight: 1, least: 2, most: 20 },
  'Redis emptied (FLUSHALL)': { part: 'redis', weight: 1, least: 0, most: 0 },
} as const satisfies Record<string, { part: Part; weight: number; least: number; most: number }>;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS).filter((name): name is FaultName => name in FAULTS);

export interface PlannedFault {
  readonly name: FaultName;
  /** Seconds after the start. */
  readonly at: number;
  readonly seconds: number;
  /** Two numbers from 0 to 1 that decide what is left open: whom it befalls, and how. */
  readonly whom: number;
  readonly how: number;
}

/** On average, in seconds. */
const BETWEEN_FAULTS = 1.5;
/** After a fault of a part before its next one, in seconds: so that something can go well in between. */
const REST: Readonly<Record<Part, number>> = { catalog: 12, listing: 0, token: 8, worker: 2, postgres: 12, redis: 10 };
/** Nothing is frozen or cut off for a larger share of the whole. */
const LARGEST_SHARE = 0.25;

/**
 * All faults of a soak, in the order of their times. The same seed, length and queue give the same plan. Pure.
 *
 * @param seconds all faults are over by then
 */
export function planFaults(seed: number, seconds: number, queue: 'postgres' | 'redis'): readonly PlannedFault[] {
  const random = mulberry32(seed);
  const names = FAULT_NAMES.filter((name) => queue === 'redis' || FAULTS[name].part !== 'redis');
  const weights = names.reduce((sum, name) => sum + FAULTS[name].weight, 0);
  const draw = (): FaultName => {
    let rest = random.next() * weights;
    for (const name of names) {
      rest -= FAULTS[name].weight;
      if (rest < 0) return name;
    }
    return 'page fails';
  };
  const freeAt = new Map<Part, number>();
  const plan: PlannedFault[] = [];
  for (let at = 2; at < seconds; at += -Math.log(1 - random.next()) * BETWEEN_FAULTS) {
    const name = draw();
    const { part, least, most } = FAULTS[name];
    const [length, whom, how] = [random.next(), random.next(), random.next()];
    const lasts = Math.min(least + length * (most - least), Math.max(least, seconds * LARGEST_SHARE));
    if (at < (freeAt.get(part) ?? 0) || at + lasts > seconds) continue;
    if (part !== 'listing') freeAt.set(part, at + lasts + REST[part]);
    plan.push({ name, at, seconds: lasts, whom, how });
  }
  return plan;
}
