import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ARENA_START, createKernels, Random } from '../../kernels/index.ts';
import { gemmOracle } from './oracles.ts';

const kernels = createKernels(1 << 22);
const { f32, functions } = kernels;
const size = fc.integer({ min: 0, max: 41 });
const seed = fc.integer();
/** Bytes between the blocks of a test: each can hold 41 x 60 floats and more. */
const BLOCK = 1 << 17;
const at = (block: number): number => ARENA_START + block * BLOCK;

/** Fills a block with a seeded matrix of `rows` rows and `stride` floats each; everything else in it is NaN. */
function fill(block: number, rows: number, columns: number, stride: number, random: Random): (row: number, column: number) => number {
  const base = at(block) / 4;
  f32.fill(Number.NaN, base, base + BLOCK / 4);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) f32[base + i * stride + j] = random.normal();
  const copy = f32.slice(base, base + rows * stride);
  return (row, column) => copy[row * stride + column]!;
}

function expectClose(block: number, stride: number, rows: number, columns: number, expected: Float64Array, terms: number): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const actual = f32[at(block) / 4 + i * stride + j]!;
      const wanted = expected[i * columns + j]!;
      if (!(Math.abs(actual - wanted) <= 2e-6 * (1 + Math.sqrt(terms)) * Math.max(1, Math.abs(wanted)))) {
        expect.fail(`element (${i}, ${j}) is ${actual}, not ${wanted}`);
      }
    }
  }
}

describe('gemm', () => {
  test('equals the oracle for any shape, stride, start and packing', () => {
    const shape = fc.record({
      m: size,
      k: size,
      vectors: fc.integer({ min: 0, max: 19 }),
      spare: fc.integer({ min: 0, max: 5 }),
      start: fc.constantFrom(0, 1, 2),
      packed: fc.boolean(),
      seed,
    });
    fc.assert(
      fc.property(shape, ({ m, k, vectors, spare, start, packed, seed: number }) => {
        const random = new Random(number);
        const n = vectors * 4;
        const [lda, ldb, ldc] = [k + spare, n + 4 * (spare % 2), n + 4 * (spare % 3)];
        const a = fill(0, m, k, lda, random);
        const b = fill(1, k, n, ldb, random);
        const c = fill(2, m, n, ldc, random);
        const bias = fill(3, 1, n, n, random);
        if (packed) functions.packPanels(k, n, at(1), ldb, at(4));
        functions.gemm(m, n, k, at(0), lda, packed ? at(4) : at(1), packed ? 8 : ldb, packed ? 8 * k : 8, at(2), ldc, start, at(3));
        const first = start === 0 ? () => 0 : start === 1 ? (_row: number, j: number) => bias(0, j) : c;
        expectClose(2, ldc, m, n, gemmOracle(m, n, k, a, b, first), k);
      }),
      { numRuns: 300 },
    );
  });

  test('a row has the same bits in whatever company it is computed', () => {
    const random = new Random(3);
    const [m, n, k] = [23, 44, 17];
    fill(0, m, k, k, random);
    fill(1, k, n, n, random);
    functions.gemm(m, n, k, at(0), k, at(1), n, 8, at(2), n, 0, 0);
    const together = f32.slice(at(2) / 4, at(2) / 4 + m * n);
    functions.packPanels(k, n, at(1), n, at(4));
    for (const count of [1, 2, 3, 5]) {
      for (let row = 0; row + count <= m; row += 3) {
        functions.gemm(count, n, k, at(0) + row * k * 4, k, row % 2 ? at(4) : at(1), row % 2 ? 8 : n, row % 2 ? 8 * k : 8, at(3), n, 0, 0);
        expect(f32.slice(at(3) / 4, at(3) / 4 + count * n)).toEqual(together.slice(row * n, (row + count) * n));
      }
    }
  });
});

describe('the products of back-propagation', () => {
  test('gemmTransposed equals the oracle, in blocks of rows too', () => {
    const shape = fc.record({
      m: fc.integer({ min: 0, max: 300 }),
      k: size,
      vectors: fc.integer({ min: 0, max: 19 }),
      spare: fc.integer({ min: 0, max: 3 }),
      accumulate: fc.boolean(),
      seed,
    });
    fc.assert(
      fc.property(shape, ({ m, k, vectors, spare, accumulate, seed: number }) => {
        const random = new Random(number);
        const n = vectors * 4;
        const [lda, ldd] = [k + spare, n + 4 * (spare % 2)];
        const a = fill(0, m, k, lda, random);
        const d = fill(1, m, n, ldd, random);
        const c = fill(2, k, n, n, random);
        functions.gemmTransposed(m, k, n, at(0), lda, at(1), ldd, at(2), n, accumulate ? 1 : 0, at(5));
        expectClose(
          2,
          n,
          k,
          n,
          gemmOracle(k, n, m, (i, q) => a(q, i), d, accumulate ? c : () => 0),
          m,
        );
      }),
      { numRuns: 200 },
    );
  });

  test('gemmByDots and the transposed copy give D W^T', () => {
    const shape = fc.record({
      m: fc.integer({ min: 0, max: 9 }),
      k: size,
      vectors: fc.integer({ min: 0, max: 12 }),
      accumulate: fc.boolean(),
      seed,
    });
    fc.assert(
      fc.property(shape, ({ m, k, vectors, accumulate, seed: number }) => {
        const random = new Random(number);
        const n = vectors * 4;
        const ldx = Math.ceil(k / 4) * 4;
        const d = fill(0, m, n, n, random);
        const w = fill(1, k, n, n, random);
        const x = fill(2, m, k, ldx, random);
        functions.gemmByDots(m, k, n, at(0), n, at(1), n, at(2), ldx, accumulate ? 1 : 0);
        const expected = gemmOracle(m, k, n, d, (q, j) => w(j, q), accumulate ? x : () => 0);
        expectClose(2, ldx, m, k, expected, n);
        functions.transpose(k, n, at(1), n, at(3), ldx);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < ldx; j++) expect(f32[at(3) / 4 + i * ldx + j]).toBe(j < k ? w(j, i) : 0);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('columnSums adds rows in order', () => {
    const random = new Random(1);
    for (const [m, n] of [
      [0, 4],
      [1, 8],
      [7, 12],
      [33, 4],
    ] as const) {
      const d = fill(0, m, n, n + 4, random);
      functions.columnSums(m, n, at(0), n + 4, at(1), 0);
      expectClose(
        1,
        n,
        1,
        n,
        gemmOracle(
          1,
          n,
          m,
          () => 1,
          d,
          () => 0,
        ),
        m,
      );
    }
  });
});
