import { expect, test } from 'vitest';
import { ARENA_START, CONTROL_WORDS, createKernels, type KernelFunctions, Random, ThreadHandle } from '../../../kernels/index.ts';
import { splitUpdates } from '../../../models/networks/split-updates.ts';

const COUNT = 7000;
const ARRAYS = 4;
const at = (array: number): number => ARENA_START + 3 * CONTROL_WORDS * 4 + array * 32_000;

type Call = (functions: KernelFunctions) => unknown;

const CALLS: Readonly<Record<string, Call>> = {
  addInto: (f) => f.addInto(at(0), at(1), COUNT),
  largestMagnitudeBits: (f) => f.largestMagnitudeBits(at(2), COUNT),
  sgdUpdate: (f) => f.sgdUpdate(COUNT, at(0), at(1), 0.1, 0.01),
  momentumUpdate: (f) => f.momentumUpdate(COUNT, at(0), at(1), at(2), 0.1, 0.9, 0.01, 1),
  adagradUpdate: (f) => f.adagradUpdate(COUNT, at(0), at(1), at(3), 0.1, 1e-8, 0.01),
  rmspropUpdate: (f) => f.rmspropUpdate(COUNT, at(0), at(1), at(3), 0.1, 0.9, 0.1, 1e-8, 0.01),
  adamUpdate: (f) => f.adamUpdate(COUNT, at(0), at(1), at(2), at(3), 0.1, 0.9, 0.1, 0.99, 0.01, 1e-8, 0.1, 0.01, 0.01, 0.999),
};

/** What a call gives and leaves behind, with the largest value at `largest`. */
function outcome(call: Call, threads: number, largest: number): readonly [unknown, Uint8Array] {
  const kernels = createKernels(at(ARRAYS), true);
  const random = new Random(4);
  for (let array = 0; array < ARRAYS; array++) {
    const values = kernels.f32.subarray(at(array) / 4, at(array) / 4 + COUNT);
    for (let i = 0; i < COUNT; i++) values[i] = array === 3 ? random.uniform() : random.normal();
    values[largest] = 100;
  }
  const handles = Array.from({ length: threads }, (_, thread) => {
    return new ThreadHandle(kernels.functions, kernels.memory, ARENA_START + thread * CONTROL_WORDS * 4);
  });
  const result = call(splitUpdates(kernels.functions, handles));
  return [result, new Uint8Array(kernels.memory.buffer).slice(at(0), at(ARRAYS))];
}

test.each(Object.entries(CALLS))('%s comes to the same in pieces, wherever the largest value is', (_, call) => {
  for (const largest of [0, 3499, COUNT - 1]) {
    const [result, memory] = outcome(call, 0, largest);
    for (const threads of [1, 2]) {
      const [split, pieces] = outcome(call, threads, largest);
      expect(split).toBe(result);
      expect(Buffer.compare(pieces, memory)).toBe(0);
    }
  }
});

test('few floats stay with the caller', () => {
  const kernels = createKernels(at(ARRAYS), true);
  const handle = new ThreadHandle(kernels.functions, kernels.memory, ARENA_START);
  const before = kernels.u32.slice(ARENA_START / 4, ARENA_START / 4 + CONTROL_WORDS);
  kernels.f32.fill(2, at(1) / 4, at(1) / 4 + 2000);
  splitUpdates(kernels.functions, [handle]).sgdUpdate(2000, at(0), at(1), 0.5, 0);
  expect(kernels.f32.slice(at(0) / 4, at(0) / 4 + 2000)).toEqual(new Float32Array(2000).fill(-1));
  expect(kernels.u32.slice(ARENA_START / 4, ARENA_START / 4 + CONTROL_WORDS)).toEqual(before);
});
