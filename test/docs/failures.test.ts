import { expect, test } from 'vitest';
import { FAILURE_CLASSES } from '../../src/catalog/failure.ts';
import { policyOf, type Retry } from '../../src/catalog/policy.ts';
import { markdownTable, readPage, withPart } from './markdown.ts';

const AGAIN: Readonly<Record<Retry, string>> = { backoff: 'with backoff', wait: 'when the catalog says', never: 'no' };

test('docs/failures.md has every class with its policy (vitest -u writes it anew)', async () => {
  const rows = FAILURE_CLASSES.map((one) => {
    const { statuses, cause, retry, hint } = policyOf(one);
    return [`\`${one}\``, [...statuses, ...(cause === null ? [] : [cause])].join('; '), AGAIN[retry], hint];
  });
  const table = markdownTable(['class', 'status or cause', 'tried again', 'what to do'], rows);
  await expect(withPart(await readPage('docs/failures.md'), 'classes', table)).toMatchFileSnapshot(
    '../../docs/failures.md',
  );
});
