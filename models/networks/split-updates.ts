import type { KernelFunctions, ThreadCall, ThreadHandle } from '../../kernels/index.ts';

/** Below this many floats a piece, handing it over takes longer than working it out. */
const FEWEST_FLOATS = 2048;

/** Pieces begin at cache lines, so that no two threads write to one. */
const LINE_FLOATS = 16;

/** Places of a kernel's parameters: the count of floats, and the addresses of arrays that are as long. */
interface Places {
  readonly count: number;
  readonly addresses: readonly number[];
}

const PLACES: Readonly<Record<Exclude<ThreadCall, 'run'>, Places>> = {
  addInto: { count: 2, addresses: [0, 1] },
  largestMagnitudeBits: { count: 1, addresses: [0] },
  sgdUpdate: { count: 0, addresses: [1, 2] },
  momentumUpdate: { count: 0, addresses: [1, 2, 3] },
  adagradUpdate: { count: 0, addresses: [1, 2, 3] },
  rmspropUpdate: { count: 0, addresses: [1, 2, 3] },
  adamUpdate: { count: 0, addresses: [1, 2, 3, 4] },
};

/**
 * The kernels, with those that work on each weight by itself spread over threads: bits are those of one thread. Always the same thread takes the
 * same weights, so that their gradients and moments stay in its core's cache.
 */
export function splitUpdates(functions: KernelFunctions, threads: readonly ThreadHandle[]): KernelFunctions {
  if (threads.length === 0) return functions;
  const updates = Object.entries(PLACES).map(([name, places]) => [name, splitUpdate(functions, threads, name as ThreadCall, places)]);
  return { ...functions, ...Object.fromEntries(updates) };
}

function splitUpdate(functions: KernelFunctions, threads: readonly ThreadHandle[], name: ThreadCall, places: Places) {
  const update = functions[name] as (...parameters: readonly number[]) => number | undefined;
  return (...parameters: readonly number[]): number | undefined => {
    const count = parameters[places.count]!;
    const pieces = Math.min(threads.length + 1, Math.floor(count / FEWEST_FLOATS));
    if (pieces < 2) return update(...parameters);
    const size = Math.ceil(count / pieces / LINE_FLOATS) * LINE_FLOATS;
    const piece = (index: number): number[] => {
      const shifted = [...parameters];
      shifted[places.count] = Math.min(size, count - index * size);
      for (const place of places.addresses) shifted[place]! += index * size * 4;
      return shifted;
    };
    for (let index = 1; index < pieces; index++) threads[index - 1]!.start(name, piece(index));
    let result = update(...piece(0));
    for (let index = 1; index < pieces; index++) {
      const { value } = threads[index - 1]!.finish();
      // Of the kernels here, only the search for the largest gives a value.
      if (result !== undefined) result = Math.max(result, value);
    }
    return result;
  };
}
