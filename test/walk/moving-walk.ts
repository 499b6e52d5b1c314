import type { CatalogPage } from '../../src/catalog/page.ts';
import { MovingList, type MovingListOptions } from '../../src/fake/adversary/moving-list.ts';
import { mulberry32 } from '../../src/fake/adversary/random.ts';
import { type ScenarioName, scenarioByName } from '../../src/fake/adversary/scenarios.ts';
import { type WalkResult, walk } from '../../src/walk/walk.ts';
import { type Known, ModelStage, modelPorts } from './model-stage.ts';

/** One night over a list that moves: which list, how it is read, and what the mirror knows that is not listed. */
export interface Night extends Required<Pick<MovingListOptions, 'size' | 'maxLimit'>> {
  readonly scenario: ScenarioName;
  readonly seed: number;
  readonly pageSize: number;
  readonly concurrency: number;
  readonly maxPasses: number;
  readonly maxExtraReads: number;
  readonly maxLooks: number;
  /** The most microtasks that an answer takes: answers side by side overlap, and arrive in any order. */
  readonly slowest: number;
  /** How many artifacts are mirrored that the list has not had since its beginning. */
  readonly gone: number;
}

export interface WalkedNight {
  readonly list: MovingList;
  readonly stage: ModelStage;
  /** What the mirror knew before: the list as it was in the beginning, and what is gone. */
  readonly known: readonly Known[];
  readonly gone: readonly string[];
}

/** An ordinary night, 60 pages of 50 items, four side by side. */
export const ORDINARY: Omit<Night, 'scenario' | 'seed'> = {
  size: 3_000,
  maxLimit: 200,
  pageSize: 50,
  concurrency: 4,
  maxPasses: 3,
  maxExtraReads: 1,
  maxLooks: 12,
  slowest: 6,
  gone: 3,
};

/** Prepares the list and the mirror of a night. */
export function prepareNight({ scenario, seed, size, maxLimit, gone }: Night): WalkedNight {
  const list = new MovingList(scenarioByName(scenario), seed, { size, maxLimit });
  const random = mulberry32(seed ^ 0x5eed);
  const listed = list.items().map(({ id, createdAt }) => ({ id, createdAt }));
  const missing = Array.from({ length: gone }, (_, n): Known => {
    const neighbour = listed[random.below(Math.max(1, listed.length))]?.createdAt ?? MIDNIGHT;
    return { id: `ffffffff-0000-4000-8000-${String(n).padStart(12, '0')}`, createdAt: neighbour };
  });
  const known = [...listed, ...missing];
  return { list, stage: new ModelStage(known), known, gone: missing.map(({ id }) => id) };
}

/** Walks it as the mirror does. */
export async function walkNight(night: Night): Promise<WalkedNight & { readonly result: WalkResult }> {
  const prepared = prepareNight(night);
  return { ...prepared, result: await walkList(prepared.list, prepared.stage, night) };
}

/** Walks a list as the mirror does, at the pace that the night gives it. */
export async function walkList(list: MovingList, stage: ModelStage, night: Night): Promise<WalkResult> {
  const random = mulberry32(night.seed + 1);
  const delays = Array.from({ length: 31 }, () => random.below(night.slowest + 1));
  return walk(
    modelPorts((page, limit) => answerOf(list, page, limit), stage, delays),
    {
      pageSize: night.pageSize,
      maxLimit: night.maxLimit,
      concurrency: night.concurrency,
      maxPasses: night.maxPasses,
      maxExtraReads: night.maxExtraReads,
      maxLooks: night.maxLooks,
      staged: [],
      signal: new AbortController().signal,
    },
  );
}

/** What is mirrored after a night: what was known or listed, without what the run ended. */
export function mirroredAfter(
  walked: Pick<WalkedNight, 'list' | 'stage' | 'known'> & { readonly result: WalkResult },
): readonly Known[] {
  const ended = new Set(endedBy(walked));
  const all = new Map(walked.known.map((one) => [one.id, one]));
  for (const one of walked.stage.seen()) all.set(one.id, one);
  return [...all.values()].filter(({ id }) => !ended.has(id));
}

/** What a run of that verdict ends. */
export function endedBy({ result, stage }: { result: WalkResult; stage: ModelStage }): readonly string[] {
  return result.status === 'read' && result.verdict.complete ? stage.unlisted() : [];
}

/**
 * The rule of all who mirror such lists without a proof: every page once, from the first to the last, and what was not
 * listed is gone.
 *
 * @returns the ids that it ends
 */
export function naiveNight(night: Night): WalkedNight & { readonly ended: readonly string[] } {
  const prepared = prepareNight(night);
  const listed = new Set<string>();
  for (let page = 1; ; page++) {
    const answer = prepared.list.read(page, night.pageSize);
    for (const { id } of answer.items) listed.add(id);
    if (!answer.hasNext || answer.items.length === 0) break;
  }
  return { ...prepared, ended: prepared.known.map(({ id }) => id).filter((id) => !listed.has(id)) };
}

const MIDNIGHT = (() => {
  const [item] = new MovingList(scenarioByName('quiet'), 1, { size: 1 }).items();
  if (item === undefined) throw new Error('a list of one item is empty');
  return item.createdAt;
})();

function answerOf(list: MovingList, page: number, limit: number): CatalogPage {
  const answer = list.read(page, limit);
  return {
    page,
    limit: answer.limit,
    total: answer.total,
    totalPages: Math.ceil(answer.total / answer.limit),
    hasNext: answer.hasNext,
    hasPrevious: page > 1,
    arrivedAt: ARRIVED_AT,
    items: answer.items.map(({ id, name, version, downloadCount, createdAt }) => ({
      ok: true,
      record: {
        id,
        name,
        version,
        framework: 'safetensors',
        isPublic: true,
        downloadCount,
        origin: null,
        createdAt,
        extra: {},
      },
    })),
  };
}

const ARRIVED_AT = new Date('2025-01-01T03:00:00Z');
