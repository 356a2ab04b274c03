import { describe, expect, test } from 'vitest';
import { ARENA_START, activationCodes, createKernels, Random } from '../../kernels/index.ts';
import { ACTIVATION_ORACLES, OPTIMIZER_ORACLES } from './oracles.ts';

const { f32, functions } = createKernels(1 << 20);
const [A, B, C, D] = [0, 1, 2, 3].map((block) => ARENA_START + block * 65_536) as [number, number, number, number];
const view = (address: number, count: number): Float32Array => f32.subarray(address / 4, address / 4 + count);

/** Values over the whole range that matters, dense near zero. */
const INPUTS = Float32Array.from({ length: 4000 }, (_, i) => {
  const u = (i - 1999.5) / 2000;
  return u * u * u * 20;
});

describe.each(Object.entries(ACTIVATION_ORACLES))('%s', (name, { value, slope }) => {
  const code = activationCodes[name as keyof typeof activationCodes];

  test('value within 3e-6 relative (GELU 8e-6)', () => {
    view(A, INPUTS.length).set(INPUTS);
    functions.activate(code, A, B, INPUTS.length, 0.1);
    let worst = 0;
    for (const [i, y] of view(B, INPUTS.length).entries()) {
      const wanted = value(INPUTS[i]!);
      worst = Math.max(worst, Math.abs(y - wanted) / Math.max(Math.abs(wanted), 1e-30));
      if (INPUTS[i]! > -6) expect(Math.abs(y - wanted)).toBeLessThanOrEqual((name === 'GELU' ? 8e-6 : 3e-6) * Math.abs(wanted) + 1e-37);
    }
    expect(worst).toBeLessThan(name === 'GELU' ? 1e-4 : 3e-6);
  });

  test('derivative within 1e-6 of its scale', () => {
    view(A, INPUTS.length).set(INPUTS);
    functions.activate(code, A, B, INPUTS.length, 0.1);
    view(C, INPUTS.length).fill(1);
    functions.activateBackward(code, name === 'GELU' ? A : B, C, INPUTS.length, 0.1);
    for (const [i, d] of view(C, INPUTS.length).entries()) expect(Math.abs(d - slope(INPUTS[i]!))).toBeLessThan(2e-6);
  });

  test('NaN stays NaN', () => {
    view(A, 4).fill(Number.NaN);
    functions.activate(code, A, B, 4, 0.1);
    expect([...view(B, 4)]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });
});

test('finding values that are not finite', () => {
  for (let count = 0; count < 14; count++) {
    view(A, 20).fill(1);
    view(A, 20).fill(Number.NaN, count);
    expect(functions.firstNonFinite(A, count)).toBe(-1);
    for (let bad = 0; bad < count; bad++) {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        view(A, 20).fill(3.4e38);
        f32[A / 4 + bad] = value;
        expect(functions.firstNonFinite(A, count)).toBe(bad);
      }
    }
  }
  const bits = new Uint32Array(Float32Array.of(7, Number.NaN).buffer);
  view(A, 8).set([1, -7, 2, 3, 0, 6, -5, 4]);
  expect(functions.largestMagnitudeBits(A, 8)).toBe(bits[0]);
  f32[A / 4 + 6] = Number.NaN;
  expect(functions.largestMagnitudeBits(A, 8)).toBeGreaterThan(bits[0]!);
});

describe('optimizers equal their formulas', () => {
  const count = 16;
  const random = new Random(1);
  const start = [0, 1, 2, 3].map(() => Float32Array.from({ length: count }, () => random.normal()));
  const calls: Readonly<Record<keyof typeof OPTIMIZER_ORACLES, () => void>> = {
    sgd: () => functions.sgdUpdate(count, A, B, 0.1, 0.01),
    momentum: () => functions.momentumUpdate(count, A, B, C, 0.1, 0.9, 0.01, 0),
    nesterov: () => functions.momentumUpdate(count, A, B, C, 0.1, 0.9, 0.01, 1),
    adagrad: () => functions.adagradUpdate(count, A, B, C, 0.1, 1e-8, 0),
    rmsprop: () => functions.rmspropUpdate(count, A, B, C, 0.1, 0.9, 0.1, 1e-8, 0),
    adamw: () => functions.adamUpdate(count, A, B, C, D, 0.1, 0.9, 0.1, 0.999, 0.001, 1e-8, 0.19, 0.001999, 0, 0.99),
  };

  test.each(Object.keys(OPTIMIZER_ORACLES) as (keyof typeof OPTIMIZER_ORACLES)[])('%s', (name) => {
    const squared = start.map((values, slot) => (slot >= 2 && name !== 'momentum' && name !== 'nesterov' ? values.map(Math.abs) : values));
    [A, B, C, D].forEach((address, block) => {
      view(address, count).set(squared[block]!);
    });
    calls[name]();
    for (let i = 0; i < count; i++) {
      const state = [squared[2]![i]!, squared[3]![i]!];
      const wanted = OPTIMIZER_ORACLES[name].step(squared[0]![i]!, squared[1]![i]!, state);
      expect(f32[A / 4 + i]).toBeCloseTo(wanted, 5);
    }
  });

  test('moments too small to matter become zero, so that no denormal slows later steps', () => {
    view(A, 4).fill(1);
    view(B, 4).fill(1e-35);
    view(C, 4).fill(1e-35);
    functions.momentumUpdate(4, A, B, C, 0.1, 0.9, 0, 0);
    expect([...view(C, 4)]).toEqual([0, 0, 0, 0]);
  });

  test('norm and scaling', () => {
    view(A, 8).set([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(functions.sumOfSquares(A, 8)).toBe(204);
    functions.scaleBy(A, 8, 0.5);
    expect([...view(A, 8)]).toEqual([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
  });
});
