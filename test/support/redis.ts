import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import './provided.ts';

const provided = inject('redis');

/** Whether this run has a Redis: `describe.skipIf(!redisAvailable)`. Always so in CI. */
export const redisAvailable = provided !== null;

/** The Redis of the run and a key prefix that no other test uses, so that tests share it without meeting. */
export function redisForTest(): { readonly url: string; readonly prefix: string } {
  if (provided === null) throw new Error('this run has no Redis; guard the test with redisAvailable');
  return { url: provided.url, prefix: `test-${randomBytes(8).toString('hex')}` };
}
