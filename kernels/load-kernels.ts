import { compileAhead, compiledModule } from './compiled-module.ts';
import type { KernelFunctions } from './kernel-functions.ts';
import { KERNELS_WASM, SHARED_KERNELS_WASM } from './kernels.generated.ts';

/** First byte that is free for use: below it lie the kernels' own constants. */
export const ARENA_START = 4096;

const PAGE = 65_536;
const MOST_PAGES = 65_536;

/** Kernels over one memory of their own. */
export interface Kernels {
  readonly functions: KernelFunctions;
  readonly memory: WebAssembly.Memory;
  readonly f32: Float32Array;
  readonly u32: Uint32Array;
}

/** Memory for kernels could not be had. */
export class ArenaError extends Error {
  override readonly name = 'ArenaError';
}

/**
 * Compiles the kernels without holding up the thread. Optional: `createKernels` compiles at once where that is allowed, which is
 * everywhere but on the main thread of browsers that limit it; call this there first.
 */
export async function loadKernels(): Promise<void> {
  await compileAhead(KERNELS_WASM);
}

/** The compiled module, for handing to a worker. */
export function kernelModule(shared: boolean): WebAssembly.Module {
  return compiledModule(shared ? SHARED_KERNELS_WASM : KERNELS_WASM);
}

/**
 * Kernels with a new memory of at least `bytes`, all zero.
 *
 * @param shared Whether threads share the memory (a SharedArrayBuffer).
 * @throws ArenaError when the memory is over 4 GiB or cannot be had.
 */
export function createKernels(bytes: number, shared = false): Kernels {
  const pages = Math.max(1, Math.ceil(bytes / PAGE));
  if (pages > MOST_PAGES) throw new ArenaError(`an arena of ${bytes} bytes is over the 4 GiB that WebAssembly can address`);
  let memory: WebAssembly.Memory;
  try {
    memory = shared
      ? new WebAssembly.Memory({ initial: pages, maximum: MOST_PAGES, shared: true })
      : new WebAssembly.Memory({ initial: pages });
  } catch (cause) {
    throw new ArenaError(`no memory for an arena of ${bytes} bytes`, { cause });
  }
  return instantiateKernels(kernelModule(shared), memory);
}

/** Kernels over an existing memory: a thread's own instance over a shared one. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  return {
    functions: instance.exports as unknown as KernelFunctions,
    memory,
    f32: new Float32Array(memory.buffer),
    u32: new Uint32Array(memory.buffer),
  };
}
