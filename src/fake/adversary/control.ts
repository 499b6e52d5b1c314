import type { JsonValue } from '../../catalog/page.ts';
import { errorAnswer, jsonAnswer, type PreparedAnswer } from '../misbehaviour.ts';
import type { FakeRequest } from '../server.ts';
import type { MovingList } from './moving-list.ts';

const ADDRESS = /^\/adversary(?:\/(?<what>[^/]*))?$/;

interface Asked {
  readonly list: MovingList;
  readonly organization: string;
  readonly query: FakeRequest['query'];
}

interface Act {
  readonly method: 'GET' | 'POST';
  readonly answer: (asked: Asked) => PreparedAnswer;
}

/** What a control address does, by its last part; `/adversary` itself has none. */
const ACTS: ReadonlyMap<string, Act> = new Map([
  ['', { method: 'GET', answer: ({ list, organization }) => jsonAnswer(200, truthOf(list, organization)) }],
  [
    'rest',
    {
      method: 'POST',
      answer: ({ list }) => {
        list.rest();
        return jsonAnswer(200, stateOf(list));
      },
    },
  ],
  [
    'move',
    {
      method: 'POST',
      answer: ({ list }) => {
        list.move();
        return jsonAnswer(200, stateOf(list));
      },
    },
  ],
  ['present-throughout', { method: 'GET', answer: ({ list, query }) => presentThroughout(list, query['since']) }],
]);

/**
 * The control address of an adversary: tells the truth about its list, and holds or moves it (docs/adversary.md).
 *
 * @returns undefined where the request is for another address
 */
export function answerControl(
  list: MovingList,
  organization: string,
  request: FakeRequest,
): PreparedAnswer | undefined {
  const address = ADDRESS.exec(request.path);
  if (address === null) return undefined;
  const act = ACTS.get(address.groups?.['what'] ?? '');
  if (act === undefined) {
    const known = 'The adversary answers at /adversary, and there at /rest, /move and /present-throughout';
    return errorAnswer(404, known, 'not_found_error');
  }
  if (request.method !== act.method) {
    return errorAnswer(405, `Method not allowed; use ${act.method}`, 'app_error', undefined, { allow: act.method });
  }
  return act.answer({ list, organization, query: request.query });
}

function stateOf(list: MovingList) {
  return { scenario: list.scenario.name, seed: list.seed, reads: list.reads, resting: list.resting };
}

function truthOf(list: MovingList, organization: string): JsonValue {
  const happenings = list
    .history()
    .map(({ beforeRead, what, id, other }) => ({ before_read: beforeRead, what, id, other }));
  return {
    ...stateOf(list),
    organization,
    listed: list.items().map(({ id }) => id),
    happenings: { count: happenings.length, list: happenings },
  };
}

function presentThroughout(list: MovingList, since = '0'): PreparedAnswer {
  if (!/^\d{1,15}$/.test(since) || Number(since) > list.reads) {
    const range = `since is a number of reads from 0 to ${list.reads}, as GET /adversary tells it`;
    return errorAnswer(422, range, 'validation_error');
  }
  return jsonAnswer(200, { since: Number(since), reads: list.reads, ids: [...list.presentThroughout(Number(since))] });
}
