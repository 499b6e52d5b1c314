import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type CompiledModule, createModule, hasFunctions } from '../../src/catalog/compiled-module.ts';
import { SIGHT_MODULE } from '../../src/catalog/sight-module.ts';
import { packageRoot } from '../../src/package-root.ts';

const isAny = (exports: object): exports is CompiledModule => hasFunctions(exports, ['freeFrom']);
const MEBIBYTE = 1_048_576;

describe('a module that is compiled to WebAssembly', () => {
  it('has as much memory as is needed, and keeps no more than usual answers take', () => {
    const module = createModule(SIGHT_MODULE, isAny);
    const room = (needed: number) => module.use(needed, (_, memory, from) => memory.length - from);
    expect(room(1)).toBeLessThan(MEBIBYTE);
    expect(room(4 * MEBIBYTE)).toBeGreaterThanOrEqual(4 * MEBIBYTE);
    expect(room(1)).toBeGreaterThanOrEqual(4 * MEBIBYTE);
    expect(room(20 * MEBIBYTE)).toBeGreaterThanOrEqual(20 * MEBIBYTE);
    expect(room(1)).toBeLessThan(MEBIBYTE);
  });

  it('keeps no more either where the work fails', () => {
    const module = createModule(SIGHT_MODULE, isAny);
    const fail = () => {
      throw new TypeError('it failed');
    };
    expect(() => module.use(20 * MEBIBYTE, fail)).toThrow('it failed');
    expect(module.use(1, (_, memory) => memory.length)).toBeLessThan(MEBIBYTE);
  });

  it('does nothing where there is not as much memory as is needed', () => {
    const module = createModule(SIGHT_MODULE, isAny);
    expect(module.use(5_000_000_000, () => 'done')).toBeNull();
    expect(module.use(1, () => 'done')).toBe('done');
  });

  it('is not used while it is in use, because its memory would be written over', () => {
    const module = createModule(SIGHT_MODULE, isAny);
    expect(() => module.use(1, () => module.use(1, () => 'twice'))).toThrow(TypeError);
    expect(module.use(1, () => 'once')).toBe('once');
  });

  it('does nothing where it cannot be compiled, and is a mistake where it is another one', () => {
    const module = createModule(Buffer.from('no module').toString('base64'), isAny);
    expect(module.use(1, () => 'done')).toBeNull();
    const other = createModule(SIGHT_MODULE, (exports): exports is CompiledModule => hasFunctions(exports, ['other']));
    expect(() => other.use(1, () => 'done')).toThrow('npm run assemble');
  });

  it.runIf(process.arch === 'x64')(
    'is done without on a processor that does not take sixteen bytes at a time',
    async () => {
      const script = `
      import { MODELS } from './src/catalog/kinds/models.ts';
      import { sightPage } from './src/catalog/sighted-page.ts';
      const query = { organization: 'acme', sortBy: 'created_at', sortDir: 'asc', page: 1, limit: 5, includePublic: false };
      const text = '{"models":[],"page":1,"limit":5,"total":0,"total_pages":0,"has_next":false,"has_previous":false}';
      const context = { query, arrivedAt: new Date(), redact: (said) => said, tellsSecret: () => false };
      console.log(sightPage(MODELS, Buffer.from(text), context) === null ? 'to be read' : 'seen');`;
      const run = async (flags: readonly string[]) => {
        const args = [...flags, '--import', 'tsx', '--input-type=module', '--eval', script];
        return (await promisify(execFile)(process.execPath, args, { cwd: packageRoot() })).stdout.trim();
      };
      expect(await run([])).toBe('seen');
      expect(await run(['--no-enable-sse4-1', '--no-enable-ssse3'])).toBe('to be read');
    },
  );
});
