import { endianness } from 'node:os';

/** What every module that is compiled from assembly/ has. */
export interface CompiledModule {
  readonly memory: WebAssembly.Memory;
  /** From here on memory is the caller's. */
  freeFrom(): number;
}

/** A module in memory of its own, which is made when it is first needed. */
export interface ModuleInMemory<M> {
  /**
   * Uses it. What it leaves in memory the next use writes over.
   *
   * @param needed so many bytes of memory must be free at `from`
   * @param work must not use it again
   * @returns null where there is no memory for it, or this machine cannot run it
   */
  use<T>(needed: number, work: (module: M, memory: Uint8Array, from: number) => T): T | null;
}

const PAGE_BYTES = 65_536;
/** It gives memory back only as a whole; what usual answers take is less. */
const MOST_KEPT_BYTES = 8 * 1024 * 1024;

/**
 * @param base64 what was compiled
 * @param isModule whether it has the functions that it should have
 */
export function createModule<M extends CompiledModule>(
  base64: string,
  isModule: (exports: object) => exports is M,
): ModuleInMemory<M> {
  /** Undefined until it is needed; null where it cannot be run. */
  let compiled: WebAssembly.Module | null | undefined;
  let instance: M | null = null;
  let isInUse = false;
  const instantiate = (): M | null => {
    if (compiled === undefined) compiled = compile(base64);
    const exports = compiled === null ? null : instantiated(compiled);
    if (exports !== null && !isModule(exports)) {
      throw new TypeError('a module is not what it is compiled from: npm run assemble');
    }
    return exports;
  };
  return {
    use(needed, work) {
      if (isInUse) throw new TypeError('a module is used while it is in use: what is in its memory would be lost');
      instance ??= instantiate();
      const module = instance;
      if (module === null) return null;
      const from = module.freeFrom();
      isInUse = true;
      try {
        if (!hasRoom(module.memory, from + needed)) return null;
        return work(module, new Uint8Array(module.memory.buffer), from);
      } finally {
        isInUse = false;
        if (module.memory.buffer.byteLength > MOST_KEPT_BYTES) instance = null;
      }
    },
  };
}

/** Null for a processor without the instructions for sixteen bytes at a time, and where Node may not compile. */
function compile(base64: string): WebAssembly.Module | null {
  // Its memory is little-endian, and arrays over it have the machine's order.
  if (typeof WebAssembly === 'undefined' || endianness() !== 'LE') return null;
  try {
    return new WebAssembly.Module(Buffer.from(base64, 'base64'));
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return null;
    throw error;
  }
}

/** Null where there is no memory for it. */
function instantiated(module: WebAssembly.Module): object | null {
  try {
    return new WebAssembly.Instance(module).exports;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function hasRoom(memory: WebAssembly.Memory, needed: number): boolean {
  const missing = needed - memory.buffer.byteLength;
  if (missing <= 0) return true;
  try {
    memory.grow(Math.ceil(missing / PAGE_BYTES));
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Whether something has functions of these names, and memory. */
export function hasFunctions(exports: object, names: readonly string[]): boolean {
  return (
    Reflect.get(exports, 'memory') instanceof WebAssembly.Memory &&
    names.every((name) => typeof Reflect.get(exports, name) === 'function')
  );
}
