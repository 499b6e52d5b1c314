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
   * @returns null where there is no memory for it
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
  let compiled: WebAssembly.Module | null = null;
  let instance: M | null = null;
  const instantiate = (): M => {
    compiled ??= new WebAssembly.Module(Buffer.from(base64, 'base64'));
    const { exports } = new WebAssembly.Instance(compiled);
    if (!isModule(exports)) throw new TypeError('a module is not what it is compiled from: npm run assemble');
    return exports;
  };
  return {
    use(needed, work) {
      instance ??= instantiate();
      const module = instance;
      const from = module.freeFrom();
      if (!hasRoom(module.memory, from + needed)) return null;
      const result = work(module, new Uint8Array(module.memory.buffer), from);
      if (module.memory.buffer.byteLength > MOST_KEPT_BYTES) instance = null;
      return result;
    },
  };
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
