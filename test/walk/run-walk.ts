import type { PageSummary } from '../../src/walk/page-summary.ts';
import { type WalkOptions, type WalkPorts, type WalkResult, walk } from '../../src/walk/walk.ts';
import { type ListOptions, ModelList, ModelStage, modelPorts } from './list-model.ts';

/** A walk with small pages, one at a time, unless the test says otherwise. */
export function runWalk(ports: WalkPorts, options: Partial<WalkOptions> = {}): Promise<WalkResult> {
  return walk(ports, {
    pageSize: 10,
    concurrency: 1,
    maxPasses: 3,
    staged: [],
    signal: new AbortController().signal,
    ...options,
  });
}

export interface ModelWalk {
  readonly list: ModelList;
  readonly stage: ModelStage;
  readonly result: WalkResult;
}

/** Walks a modelled list, of which all items of the beginning are mirrored, and `more` that are not listed. */
export async function walkModel(
  listOptions: ListOptions,
  options: Partial<WalkOptions> & { readonly delays?: readonly number[]; readonly more?: readonly string[] } = {},
): Promise<ModelWalk> {
  const { delays = [], more = [], ...walkOptions } = options;
  const list = new ModelList(listOptions);
  const stage = new ModelStage([...listOptions.items.map(({ id }) => id), ...more]);
  const result = await runWalk(
    modelPorts((page, limit) => list.read(page, limit), stage, delays),
    walkOptions,
  );
  return { list, stage, result };
}

/** What a complete run ends in the model: every unlisted artifact of its scope. Nothing where it is not complete. */
export function endedBy({ result, stage }: ModelWalk): readonly string[] {
  return result.status === 'read' && result.verdict.complete ? stage.unlisted() : [];
}

export function pagesStaged(pages: readonly PageSummary[]): readonly string[] {
  return pages.map(({ pass, page }) => `${pass}/${page}`);
}
