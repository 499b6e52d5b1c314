import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assemble, MODULES } from '../../scripts/assemble.ts';
import { packageRoot } from '../../src/package-root.ts';

describe('what is committed of the modules that are compiled to WebAssembly', () => {
  it.each(MODULES)('is what $source compiles to: otherwise, npm run assemble', async (one) => {
    expect(await readFile(join(packageRoot(), one.target), 'utf8')).toBe(await assemble(one));
  });
});
