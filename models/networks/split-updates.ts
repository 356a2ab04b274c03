import type { KernelFunctions, ThreadCall, ThreadHandle } from '../../kernels/index.ts';

/** Below this many floats a piece, handing it over takes longer than working it out. */
const FEWEST_FLOATS = 2048;

/** Pieces begin at cache lines, so that no two threads write to one. */
const LINE_FLOATS = 16;

/** How many of an update's parameters are addresses: they follow the count. */
const ADDRESSES: Readonly<Record<Exclude<ThreadCall, 'run'>, number>> = {
  sgdUpdate: 2,
  momentumUpdate: 3,
  adagradUpdate: 3,
  rmspropUpdate: 3,
  adamUpdate: 4,
};

/** The kernels with optimizer updates spread over threads. Each float's update depends on no other, so bits are those of one thread. */
export function splitUpdates(functions: KernelFunctions, threads: readonly ThreadHandle[]): KernelFunctions {
  if (threads.length === 0) return functions;
  const updates = Object.entries(ADDRESSES).map(([name, addresses]) => [
    name,
    splitUpdate(functions, threads, name as ThreadCall, addresses),
  ]);
  return { ...functions, ...Object.fromEntries(updates) };
}

function splitUpdate(functions: KernelFunctions, threads: readonly ThreadHandle[], name: ThreadCall, addresses: number) {
  const update = functions[name] as (...parameters: readonly number[]) => void;
  return (count: number, ...rest: readonly number[]): void => {
    const pieces = Math.max(1, Math.min(threads.length + 1, Math.floor(count / FEWEST_FLOATS)));
    const size = Math.ceil(count / pieces / LINE_FLOATS) * LINE_FLOATS;
    const piece = (index: number): number[] => {
      const from = index * size;
      const shifted = rest.map((value, place) => (place < addresses ? value + from * 4 : value));
      return [Math.min(size, count - from), ...shifted];
    };
    for (let index = 1; index < pieces; index++) threads[index - 1]!.start(name, piece(index));
    update(...piece(0));
    for (let index = 1; index < pieces; index++) threads[index - 1]!.finish();
  };
}
