import type { CatalogPage } from '../../src/catalog/page.ts';
import { readPass } from '../../src/walk/read-pass.ts';
import type { Reading } from '../../src/walk/reading.ts';
import { createRecorder } from '../../src/walk/recorder.ts';
import { goodItem, idNumber, listed, type ModelList, pageAnswer } from './list-model.ts';
import { ModelStage, modelPorts } from './model-stage.ts';
import { walkOptions } from './run-walk.ts';

export interface Read {
  readonly reading: Reading;
  /** The pages in the order in which they were asked for. */
  readonly asked: readonly number[];
}

export interface How {
  readonly concurrency?: number;
  readonly delays?: readonly number[];
  readonly inVain?: () => boolean;
}

/** One reading in pages of ten, one at a time unless the test says otherwise. */
export async function readOnce(
  read: (page: number, limit: number) => CatalogPage | Promise<CatalogPage>,
  { concurrency = 1, delays, inVain = () => false }: How = {},
): Promise<Read> {
  const asked: number[] = [];
  const counted = (page: number, limit: number): CatalogPage | Promise<CatalogPage> => {
    asked.push(page);
    return read(page, limit);
  };
  const ports = { ...modelPorts(counted, new ModelStage([]), delays), inVain };
  const options = walkOptions({ concurrency });
  return { reading: await readPass(1, ports, createRecorder(ports, options), options), asked };
}

/** The same of a modelled list. */
export const readList = (list: ModelList, how?: How) => readOnce((page, limit) => list.read(page, limit), how);

/** The pages that a reading consists of. */
export const pagesOf = ({ reading }: Read) => reading.pages.map(({ page }) => page);

/** 1 to `last`. */
export const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

/** A full page of items of its own, which says that another follows. */
export function fullPage(page: number, answer: Partial<CatalogPage> = {}): CatalogPage {
  const items = listed(10, (n) => page * 10 + n).map(({ at }) => goodItem({ id: idNumber(at), at }));
  return pageAnswer({ page, total: 1_000, hasNext: true, items, ...answer });
}

/** A page behind the end. */
export const emptyPage = (page: number, total = 1_000): CatalogPage =>
  pageAnswer({ page, total, hasNext: false, items: [] });
