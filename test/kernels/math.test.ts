import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import * as kernels from '../../kernels/index.ts';

const exact = { ...kernels };

/** Steps between two doubles next to each other. */
function unitsApart(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  const bits = new BigInt64Array(new Float64Array([a, b]).buffer);
  const ordered = [...bits].map((word) => (word < 0n ? -(word & 0x7fffffffffffffffn) : word));
  return Math.abs(Number(ordered[0]! - ordered[1]!));
}

const UNARY = [
  'exp',
  'expm1',
  'log',
  'log1p',
  'log2',
  'log10',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'cbrt',
] as const;

/** Arguments within a function's domain, from tiny to large. */
function argumentsOf(name: (typeof UNARY)[number]): number[] {
  const random = new kernels.Random(11);
  const wide = Array.from({ length: 3000 }, () => random.normal() * kernels.pow(10, random.uniform() * 8 - 6));
  if (name.startsWith('log')) return wide.map(Math.abs);
  if (name === 'asin' || name === 'acos') return wide.map((x) => x - Math.trunc(x));
  if (name.endsWith('h') || name.startsWith('exp')) return wide.map((x) => x % 700);
  return wide;
}

describe.each(UNARY)('%s', (name) => {
  test("is within two units in the last place of the engine's", () => {
    for (const x of argumentsOf(name)) expect(unitsApart(exact[name](x), Math[name](x)), `${name}(${x})`).toBeLessThanOrEqual(2);
  });

  test('treats the special values as ECMAScript does', () => {
    for (const x of [0, -0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 1e308]) {
      expect(
        unitsApart(exact[name](x), Math[name](x)) <= 2 || Object.is(exact[name](x), Math[name](x)),
        `${name}(${x}) = ${exact[name](x)}`,
      ).toBe(true);
    }
  });
});

test('pow, atan2 and hypot', () => {
  const random = new kernels.Random(4);
  for (let i = 0; i < 3000; i++) {
    const [x, y] = [random.normal() * 20, random.normal() * 20];
    expect(unitsApart(kernels.pow(Math.abs(x), y), Math.abs(x) ** y)).toBeLessThanOrEqual(2);
    expect(unitsApart(kernels.atan2(y, x), Math.atan2(y, x))).toBeLessThanOrEqual(2);
    expect(unitsApart(kernels.hypot(x, y), Math.hypot(x, y))).toBeLessThanOrEqual(2);
  }
  expect(kernels.pow(-8, 3)).toBe(-512);
  expect(kernels.pow(-8, 0.5)).toBeNaN();
  expect(kernels.pow(Number.NaN, 0)).toBe(1);
});

test('the bits of all functions are those that every engine gives', () => {
  const hash = createHash('sha256');
  for (const name of UNARY) hash.update(Float64Array.from(argumentsOf(name), exact[name]));
  expect(hash.digest('hex').slice(0, 16)).toBe('390eaa43346a1d3e');
});
