import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { fencedBlocks, readPage, withPart } from '../docs/markdown.ts';

const run = promisify(execFile);
const root = packageRoot();
let folder: string;

/** A package of its own: this one's package.json, and of its build what the published entry needs. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fake-catalog-package-'));
  await copyFile(join(root, 'package.json'), join(folder, 'package.json'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const build = {
    extends: join(root, 'tsconfig.build.json'),
    compilerOptions: { rootDir: root, outDir: join(folder, 'dist') },
    include: [],
    files: [join(root, 'src/fake/adversary/index.ts')],
  };
  await writeFile(join(folder, 'tsconfig.build.json'), JSON.stringify(build));
  await compile('tsconfig.build.json');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function compile(project: string): Promise<unknown> {
  return run(join(root, 'node_modules/.bin/tsc'), ['--project', join(folder, project)], { cwd: folder });
}

it('is imported by the name of the package, and answers', async () => {
  const script = `
    import { scenarioByName, startAdversary } from 'catalog-mirror/fake-catalog';
    const adversary = await startAdversary({ scenario: 'wild', seed: 7, size: 30 });
    const response = await fetch(adversary.url + '/api/v1/org/acme/models?limit=10');
    const { total, models } = await response.json();
    await adversary.close();
    console.log(JSON.stringify({ total, models: models.length, known: scenarioByName('wild') !== undefined }));
  `;
  await writeFile(join(folder, 'mine.mjs'), script);
  const { stdout, stderr } = await run(process.execPath, [join(folder, 'mine.mjs')]);
  expect({ out: JSON.parse(stdout), err: stderr }).toEqual({ out: { total: 30, models: 10, known: true }, err: '' });
});

it('does in the example of docs/adversary.md what is written there (vitest -u writes it anew)', async () => {
  const page = await readPage('docs/adversary.md');
  const [example] = fencedBlocks(page).filter(({ language }) => language === 'js');
  await writeFile(join(folder, 'example.mjs'), example?.text ?? '');
  const { stdout } = await run(process.execPath, [join(folder, 'example.mjs')]);
  expect(stdout).toMatch(/^\d+ called gone, [1-9]\d* of them were listed throughout$/m);
  const said = `\nIt prints\n\n\`\`\`text\n${stdout}\`\`\`\n\n`;
  await expect(withPart(page, 'output', said)).toMatchFileSnapshot('../../docs/adversary.md');
});

it('brings its types with it', async () => {
  const script = `
    import { type Happening, MovingList, scenarioByName, type ScenarioName } from 'catalog-mirror/fake-catalog';
    const name: ScenarioName = 'busy';
    const list: MovingList = new MovingList(scenarioByName(name), 7);
    export const first: string | undefined = list.read(1, 20).items[0]?.createdAt;
    export const happenings: readonly Happening[] = list.history();
    // @ts-expect-error: there is no such scenario
    export const misspelt: ScenarioName = 'buzy';
  `;
  await writeFile(join(folder, 'mine.ts'), script);
  const options = { target: 'es2022', module: 'nodenext', strict: true, noEmit: true, types: [] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['mine.ts'] }));
  await compile('tsconfig.json');
});
