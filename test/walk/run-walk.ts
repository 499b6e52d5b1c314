import type { PageSummary } from '../../src/walk/page-summary.ts';
import type { WalkOptions, WalkPorts } from '../../src/walk/ports.ts';
import { type WalkResult, walk } from '../../src/walk/walk.ts';
import { idNumber, instantOf, type ListOptions, ModelList } from './list-model.ts';
import { type Known, ModelStage, modelPorts } from './model-stage.ts';

/** Small pages, one at a time, unless the test says otherwise. */
export function walkOptions(options: Partial<WalkOptions> = {}): WalkOptions {
  return {
    pageSize: 10,
    maxLimit: 200,
    concurrency: 1,
    maxPasses: 3,
    maxExtraReads: 1,
    maxLooks: 12,
    staged: [],
    signal: new AbortController().signal,
    ...options,
  };
}

export function runWalk(ports: WalkPorts, options?: Partial<WalkOptions>): Promise<WalkResult> {
  return walk(ports, walkOptions(options));
}

export interface ModelWalk {
  readonly list: ModelList;
  readonly stage: ModelStage;
  readonly result: WalkResult;
}

/** Walks a modelled list, of which all items of the beginning are mirrored, and `more` that are not listed. */
export async function walkModel(
  listOptions: ListOptions,
  options: Partial<WalkOptions> & { readonly delays?: readonly number[]; readonly more?: readonly Known[] } = {},
): Promise<ModelWalk> {
  const { delays = [], more = [], ...others } = options;
  const list = new ModelList(listOptions);
  const stage = new ModelStage([...listOptions.items.map(({ id, at }) => knownAt(id, at)), ...more]);
  const result = await runWalk(
    modelPorts((page, limit) => list.read(page, limit), stage, delays),
    others,
  );
  return { list, stage, result };
}

/** A mirrored artifact, created so many seconds after the beginning of the model's time. */
export function knownAt(id: string, at: number): Known {
  return { id, createdAt: instantOf(at) };
}

/** A mirrored artifact that no modelled list shows, with its place among their items. */
export function absentAt(at: number, n = 900): Known {
  return knownAt(idNumber(n), at);
}

/** What a complete run ends in the model: every unlisted artifact of its scope. Nothing where it is not complete. */
export function endedBy({ result, stage }: Pick<ModelWalk, 'result' | 'stage'>): readonly string[] {
  return result.status === 'read' && result.verdict.complete ? stage.unlisted() : [];
}

/** The answers in the order in which they arrived, as `pass/page`; extra reads as `page@limit`. */
export function pagesStaged(pages: readonly PageSummary[]): readonly string[] {
  return pages.map(({ pass, page, limit }) => (pass === null ? `${page}@${limit}` : `${pass}/${page}`));
}
