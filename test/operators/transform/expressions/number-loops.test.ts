import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ComparisonLoop, less, lessOrEqual } from '../../../../operators/transform/expressions/number-loops.ts';

const special = [
  0,
  -0,
  1,
  -1,
  Number.NaN,
  Infinity,
  -Infinity,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  2e-308,
];
const number = fc.oneof(fc.constantFrom(...special), fc.double(), fc.integer());

function compare(loop: ComparisonLoop, a: number, b: number): boolean {
  const out = new Uint8Array(1);
  loop(Float64Array.of(a), Float64Array.of(b), out);
  return out[0] === 1;
}

test.each<[string, ComparisonLoop, (a: number, b: number) => boolean]>([
  ['less', less, (a, b) => a < b],
  ['lessOrEqual', lessOrEqual, (a, b) => a <= b],
])('%s is what the language says, for all special numbers too', (_name, loop, expected) => {
  for (const a of special) for (const b of special) expect([a, b, compare(loop, a, b)]).toEqual([a, b, expected(a, b)]);
  fc.assert(
    fc.property(number, number, (a, b) => compare(loop, a, b) === expected(a, b)),
    { numRuns: 1000 },
  );
});

test.each([
  ['less', less],
  ['lessOrEqual', lessOrEqual],
])('%s is false for NaN of either sign', (_name, loop) => {
  const nans = new Float64Array(
    new BigUint64Array([0x7ff8000000000000n, 0xfff8000000000000n, 0xffffffffffffffffn, 0x7ff0000000000001n]).buffer,
  );
  const out = new Uint8Array(nans.length).fill(1);
  loop(nans, new Float64Array(nans.length), out);
  expect(Array.from(out)).toEqual([0, 0, 0, 0]);
  loop(new Float64Array(nans.length), nans, out);
  expect(Array.from(out)).toEqual([0, 0, 0, 0]);
});
