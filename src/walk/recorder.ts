import { Failure } from '../catalog/failure.ts';
import { type PageSummary, type ReadPurpose, summarisePage } from './page-summary.ts';
import type { WalkOptions, WalkPorts } from './ports.ts';

/** Reads and stages the answers of one run, and remembers a summary of each. */
export interface Recorder {
  /** Every answer so far, those of earlier attempts included. */
  reads(): readonly PageSummary[];
  /**
   * Reads one page, unless an earlier attempt did. Rejects with the Failure where it is given up.
   *
   * @param onArrival called once the answer has arrived, if one does, and before it is looked at
   */
  page(pass: number, page: number, limit: number, onArrival?: () => void): Promise<PageSummary>;
  /** Reads one page of the reading once more: it may have changed. */
  pageAgain(pass: number, page: number, limit: number): Promise<PageSummary>;
  /** Reads a page beside the readings. The server may clamp the limit: the answer says. */
  extra(purpose: ReadPurpose, page: number, limit: number): Promise<PageSummary>;
}

export function createRecorder(ports: WalkPorts, options: WalkOptions): Recorder {
  const reads: PageSummary[] = [...options.staged];
  const byPage = new Map(reads.map((one) => [`${one.pass}/${one.page}`, one]));
  let count = reads.reduce((latest, { arrived }) => Math.max(latest, arrived), 0);

  const read = async (
    { pass, purpose }: Pick<PageSummary, 'pass' | 'purpose'>,
    page: number,
    limit: number,
    onArrival?: () => void,
  ): Promise<PageSummary> => {
    options.signal.throwIfAborted();
    count += 1;
    const asked = count;
    let arrived = asked;
    const answer = await ports.readPage(page, limit, () => {
      count += 1;
      // Where an answer cannot be used and the page is asked for again, the last one counts.
      arrived = count;
      onArrival?.();
    });
    if (arrived === asked) throw new TypeError(`page ${page} was read, and nobody said when it arrived`);
    if (pass !== null && page > 1 && answer.limit !== limit) throw changedLimit(page, limit, answer.limit);
    const summary = summarisePage(answer, { pass, purpose, asked, arrived });
    await ports.stage(summary, answer);
    reads.push(summary);
    byPage.set(`${pass}/${page}`, summary);
    return summary;
  };

  return {
    reads: () => reads,
    page: async (pass, page, limit, onArrival) =>
      byPage.get(`${pass}/${page}`) ?? read({ pass, purpose: 'list' }, page, limit, onArrival),
    pageAgain: (pass, page, limit) => read({ pass, purpose: 'list' }, page, limit),
    extra: (purpose, page, limit) => read({ pass: null, purpose }, page, limit),
  };
}

function changedLimit(page: number, before: number, now: number): Failure {
  return new Failure({
    class: 'contract_violation',
    operation: `read page ${page}`,
    subject: 'the listing',
    detail: `it was cut into pages of ${now} items where the first page was cut into pages of ${before}`,
    hint: 'Set MIRROR_PAGE_SIZE to a size that the catalog keeps to on every page.',
  });
}
