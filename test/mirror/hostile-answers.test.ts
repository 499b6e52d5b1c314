import { afterEach, describe, expect, it } from 'vitest';
import type { Misbehaviour } from '../../src/fake/misbehaviour.ts';
import { postgresAvailable } from '../support/database.ts';
import { artifacts, type Harness, openHarness } from './harness.ts';

let harness: Harness;
afterEach(() => harness.close());

const LETTERS = 'SELECT error_class, level, page, payload FROM mirror.dead_letters ORDER BY id';

/** Answers that are as bad for a table as for a parser, and the letter that each leaves. */
const HOSTILE: readonly [what: string, answer: Misbehaviour, letter: object][] = [
  [
    'text with U+0000',
    { act: 'raw', body: 'no\u0000JSON' },
    { error_class: 'invalid_json', payload: `base64:${Buffer.from('no\u0000JSON').toString('base64')}` },
  ],
  [
    'bytes that are no text',
    { act: 'raw', body: Uint8Array.of(0xff, 0x00) },
    { error_class: 'invalid_json', payload: 'base64:/wA=' },
  ],
  [
    'an error whose words hold U+0000 and half a character',
    { act: 'status', status: 403, detail: 'no\u0000\ud800', type: 'a\u0000b' },
    { error_class: 'forbidden', payload: String.raw`{"code":403,"detail":"no\u0000\ud800","type":"a\u0000b"}` },
  ],
];

describe.skipIf(!postgresAvailable)('a letter can hold', () => {
  it.each(HOSTILE)('%s in place of the first page', async (_, answer, letter) => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
    harness.catalog.script(() => answer);
    expect(await harness.night('2025-01-01')).toMatchObject({ state: 'failed', figures: { letters: 1 } });
    expect(await harness.rows(LETTERS)).toEqual([{ level: 'organization', page: null, ...letter }]);
  });

  it.each(HOSTILE)('%s in place of a later page, and the others are stored', async (_, answer, letter) => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
    harness.catalog.script((request) => (request.query['page'] === '2' ? answer : undefined));
    expect(await harness.night('2025-01-01')).toMatchObject({ state: 'partial', figures: { added: 15, letters: 1 } });
    expect(await harness.rows(LETTERS)).toEqual([{ level: 'page', page: 2, ...letter }]);
  });
});
