import { expect, test } from 'vitest';
import { FAILURE_CLASSES } from '../../src/catalog/failure.ts';
import { classifyStatus, policyOf, type Retry } from '../../src/catalog/policy.ts';
import { markdownTable, readPage, withPart } from './markdown.ts';

const AGAIN: Readonly<Record<Retry, string>> = { backoff: 'with backoff', wait: 'when the catalog says', never: 'no' };

/** The statuses with a meaning of their own; every other one shares the class of its hundred. */
const STATUSES = [400, 401, 403, 404, 409, 422, 426, 429, 500, 502, 503, 504];
const HUNDREDS: readonly (readonly [status: number, name: string])[] = [
  [302, '3xx'],
  [418, 'other 4xx'],
  [599, 'other 5xx'],
];

test('docs/failures.md has every class with its policy (vitest -u writes it anew)', async () => {
  const answers = [...STATUSES.map((status) => [status, String(status)] as const), ...HUNDREDS];
  const rows = FAILURE_CLASSES.map((one) => {
    const names = answers.filter(([status]) => classifyStatus(status, '') === one).map(([, name]) => name);
    const written = one === classifyStatus(429, 'no credits left') ? '429 about credits' : names.join(', ');
    const { retry, hint } = policyOf(one);
    return [`\`${one}\``, written, AGAIN[retry], hint];
  });
  const table = markdownTable(['class', 'HTTP', 'tried again', 'what to do'], rows);
  await expect(withPart(await readPage('docs/failures.md'), 'classes', table)).toMatchFileSnapshot(
    '../../docs/failures.md',
  );
});
