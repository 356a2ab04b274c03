import { describe, expect, test } from 'vitest';
import { Random } from '../../kernels/index.ts';

describe('Random', () => {
  test('a seed decides the stream, and seeds that differ give others', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, Random.prototype.uint32, new Random(seed));
    const streams = [0, 1, 2, -1, 0.5, 2 ** 40, 2 ** 40 + 1].map((seed) =>
      [0, 1, 2, 3]
        .map(
          (
            (random) => () =>
              random.uint32()
          )(new Random(seed)),
        )
        .join(),
    );
    expect(new Set(streams).size).toBe(streams.length);
    expect(new Random(7).uint32()).toBe(new Random(7).uint32());
    expect(draw).toBeTypeOf('function');
  });

  test('goes on from a snapshot', () => {
    const random = new Random(5);
    for (let i = 0; i < 10; i++) random.normal();
    const state = random.snapshot();
    expect(state).toHaveLength(4);
    const next = [random.uniform(), random.normal(), random.integer(10)];
    const other = new Random(1);
    other.restore(state);
    expect([other.uniform(), other.normal(), other.integer(10)]).toEqual(next);
    expect(() => other.restore(new Uint32Array(4))).toThrow(/four 32-bit words, not all zero/);
  });

  test('uniform and normal numbers have their mean and variance', () => {
    const random = new Random(3);
    const moments = (draw: () => number): [number, number] => {
      const values = Array.from({ length: 100_000 }, draw);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
    };
    const [uniformMean, uniformVariance] = moments(() => random.uniform());
    expect(uniformMean).toBeCloseTo(0.5, 2);
    expect(uniformVariance).toBeCloseTo(1 / 12, 2);
    const [normalMean, normalVariance] = moments(() => random.normal());
    expect(Math.abs(normalMean)).toBeLessThan(0.01);
    expect(Math.abs(normalVariance - 1)).toBeLessThan(0.02);
  });

  test('whole numbers are even, and shuffling keeps every element', () => {
    const random = new Random(8);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.integer(7)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
    const shuffled = random.shuffle(Array.from({ length: 50 }, (_, i) => i));
    expect(shuffled).not.toEqual([...shuffled].sort((a, b) => a - b));
    expect([...shuffled].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test('the generator is xoshiro128**', () => {
    // From the reference C code with state 1, 2, 3, 4: 11520, 0, 5927040, 70819200, 2031721600.
    const random = new Random(0);
    random.restore(Uint32Array.of(1, 2, 3, 4));
    expect([0, 1, 2, 3].map(() => random.uint32())).toEqual([11520, 0, 5927040, 70819200]);
  });
});
