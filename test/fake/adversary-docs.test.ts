import { expect, it } from 'vitest';
import { SCENARIOS } from '../../src/fake/adversary/scenarios.ts';
import { markdownTable, readPage, withPart } from '../docs/markdown.ts';

it('docs/adversary.md has the scenarios of the code (vitest -u writes them anew)', async () => {
  const table = markdownTable(
    ['scenario', 'what it does', 'provable at rest'],
    SCENARIOS.map(({ name, sentence, provable }) => [`\`${name}\``, sentence, provable ? 'yes' : 'no']),
  );
  const page = withPart(await readPage('docs/adversary.md'), 'scenarios', `\n${table}\n`);
  await expect(page).toMatchFileSnapshot('../../docs/adversary.md');
});
