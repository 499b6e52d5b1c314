import { setImmediate as othersTurn } from 'node:timers/promises';
import type { Answer } from '../enter-answers.ts';
import { uuidKey } from '../uuid-bytes.ts';
import type { PageRows, RowsOf } from './page-rows.ts';

/** An answer that can be loaded as it stands, and what it takes for that: the items themselves are not kept. */
export interface Loadable extends Answer {
  readonly rows: PageRows;
  /** Of the list, by which they can be read again. */
  readonly bytes: Buffer;
  /** A digest of these bytes. */
  readonly list: string;
}

/**
 * Which of some answers need no more than to be written down: a page of the first reading of the list, with nothing on it
 * but good records of the organization's own, none of which another of these answers lists too.
 *
 * One after the other, with a turn for others between them: a page that arrives meanwhile is not to wait for a dozen.
 */
export async function chooseLoadable(
  answers: readonly Answer[],
  rowsOf: RowsOf,
): Promise<{ readonly loadable: readonly Loadable[]; readonly others: readonly Answer[] }> {
  const met = new Set<string>();
  const loadable: Loadable[] = [];
  const others: Answer[] = [];
  for (const one of answers) {
    const found = one.summary.pass === 1 ? asLoadable(one, rowsOf) : null;
    if (found === null || !areNew(found.rows, met)) others.push(one);
    else loadable.push(found);
    await othersTurn();
  }
  return { loadable, others };
}

function asLoadable(one: Answer, rowsOf: RowsOf): Loadable | null {
  const { unread, arrivedAt } = one.answer;
  if (unread == null || unread.sighted.count === 0) return null;
  const { list, bytes } = unread;
  const rows = bytes === null ? null : rowsOf(unread, arrivedAt);
  return bytes === null || rows === null ? null : { ...one, rows, bytes, list };
}

/** Whether none of them was met before, nor is among them twice. What was met is remembered. */
function areNew({ ids, count }: PageRows, met: Set<string>): boolean {
  const own = new Set<string>();
  for (let place = 0; place < count; place += 1) {
    const id = uuidKey(ids, place);
    if (met.has(id)) return false;
    own.add(id);
  }
  if (own.size < count) return false;
  for (const id of own) met.add(id);
  return true;
}
