/**
 * Compiles what reads bytes faster than JavaScript can (assembly/) to WebAssembly, and puts it where the program imports it:
 * `npm run assemble`. What it writes is committed, so that nothing has to be compiled before the program or a test can run;
 * a test compares the two.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';
import { packageRoot } from '../src/package-root.ts';

/** Each module, and the file that it is put into. */
export const MODULES = [
  { source: 'assembly/sight/answer.ts', target: 'src/catalog/sight-module.ts', name: 'SIGHT_MODULE' },
  { source: 'assembly/listed/items.ts', target: 'src/store/listed-module.ts', name: 'LISTED_MODULE' },
] as const;

/**
 * The text of the file that a module is put into.
 *
 * @throws Error with what the compiler says
 */
export async function assemble({ source, name }: (typeof MODULES)[number]): Promise<string> {
  const { error, stdout, stderr, binary } = await compile(source);
  if (error !== null || binary === null) throw new Error(`${source} cannot be compiled:\n${stderr}${stdout}`);
  return [
    `/** Compiled from ${source} by \`npm run assemble\`: not to be changed by hand. WebAssembly in base64. */`,
    `export const ${name} =`,
    `  '${Buffer.from(binary).toString('base64')}';`,
    '',
  ].join('\n');
}

async function compile(source: string) {
  const written: Uint8Array[] = [];
  const { error, stdout, stderr } = await asc.main(
    [
      source,
      ...['--baseDir', packageRoot(), '--outFile', 'module.wasm'],
      ...['-O3', '--runtime', 'stub', '--enable', 'simd', '--noAssert', '--use', 'abort='],
      ...['--initialMemory', '2'],
    ],
    {
      writeFile(_name, contents) {
        if (typeof contents !== 'string') written.push(contents);
      },
    },
  );
  return { error, stdout: String(stdout), stderr: String(stderr), binary: written[0] ?? null };
}

const [, script = ''] = process.argv;
if (pathToFileURL(script).href === import.meta.url) {
  for (const one of MODULES) await writeFile(join(packageRoot(), one.target), await assemble(one));
}
