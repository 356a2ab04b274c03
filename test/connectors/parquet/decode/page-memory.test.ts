import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PageMemory } from '../../../../connectors/parquet/decode/page-memory.ts';
import { pageProgram } from '../../../../kernels/index.ts';

const memory = new PageMemory(pageProgram());

/** A run of equal values, or values packed bit by bit: of those, eight or a multiple. */
type Run = { readonly value: bigint; readonly count: number } | { readonly values: readonly bigint[] };

const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);

function packed(values: readonly bigint[], width: number): number[] {
  let bits = 0n;
  for (const [index, value] of values.entries()) bits |= value << BigInt(index * width);
  return Array.from({ length: (values.length * width) / 8 }, (_, byte) => Number((bits >> BigInt(8 * byte)) & 0xffn));
}

const encoded = (runs: readonly Run[], width: number): Uint8Array =>
  Uint8Array.from(
    runs.flatMap((run) =>
      'count' in run
        ? [
            ...varint(run.count * 2),
            ...Array.from({ length: (width + 7) >> 3 }, (_, byte) => Number((run.value >> BigInt(8 * byte)) & 0xffn)),
          ]
        : [...varint((run.values.length / 8) * 2 + 1), ...packed(run.values, width)],
    ),
  );

const decoded = (runs: readonly Run[]): number[] =>
  runs.flatMap((run) => ('count' in run ? new Array<number>(run.count).fill(Number(run.value)) : run.values.map(Number)));

/** Runs of values of `width` bits. */
const runsOf = (width: number): fc.Arbitrary<Run[]> => {
  const value = fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n });
  const groups = fc.integer({ min: 1, max: 4 }).chain((count) => fc.array(value, { minLength: 8 * count, maxLength: 8 * count }));
  const run = fc.oneof(
    fc.record({ value, count: fc.integer({ min: 1, max: 300 }) }),
    groups.map((values) => ({ values })),
  );
  return fc.array(run, { minLength: 1, maxLength: 8 });
};

const words = (bytes: Uint8Array): number[] => Array.from(new Uint32Array(bytes.slice().buffer));
const bitsOf = (bits: Uint8Array, shift: number, count: number): number[] =>
  Array.from({ length: count }, (_, row) => ((bits[(shift + row) >> 3] as number) >> ((shift + row) & 7)) & 1);

describe('runs of codes', () => {
  test('of any width, any number of them', () => {
    const sample = fc.integer({ min: 0, max: 32 }).chain((width) => fc.tuple(fc.constant(width), runsOf(width), fc.nat()));
    fc.assert(
      fc.property(sample, ([width, runs, seed]) => {
        const bytes = encoded(runs, width);
        const all = decoded(runs);
        const count = 1 + (seed % all.length);
        memory.prepare({ entries: 0, bytes: bytes.length, values: count });
        expect(words(memory.codes(bytes, width, count, 2 ** 32))).toEqual(all.slice(0, count));
        const largest = Math.max(...all.slice(0, count));
        expect(() => memory.codes(bytes, width, count, largest)).toThrow('not in the dictionary');
        expect(() => memory.codes(bytes, width, all.length + 1, 2 ** 32)).toThrow('end too early');
      }),
      { numRuns: 300 },
    );
  });

  test.each([4, 8] as const)('entries of %i bytes that they stand for', (size) => {
    const entries = Uint8Array.from({ length: 37 * size }, (_, i) => i * 7);
    const codes = Array.from({ length: 203 }, (_, i) => BigInt((i * i) % 37));
    const bytes = encoded([{ values: [...codes, 0n, 0n, 0n, 0n, 0n] }, { value: 36n, count: 9 }], 6);
    memory.prepare({ entries: entries.length, bytes: bytes.length, values: 217 });
    const dictionary = memory.loadEntries(entries, entries.length, true);
    const expected = [...codes.map(Number), 0, 0, 0, 0, 0, ...new Array<number>(9).fill(36)];
    const bytesOf = (code: number) => [...entries.subarray(code * size, (code + 1) * size)];
    expect([...memory.entriesOf(bytes, 6, 217, dictionary, size)]).toEqual(expected.flatMap(bytesOf));
    // Another column took its turn, and a larger window its place.
    memory.loadEntries(new Uint8Array(8), 8, true);
    memory.window(0, 300_000);
    expect([...memory.entriesOf(bytes, 6, 217, dictionary, size)]).toEqual(expected.flatMap(bytesOf));
    expect(() => memory.entriesOf(bytes, 6, 217, { length: 36 * size, copy: entries }, size)).toThrow('not in the dictionary');
  });

  test('entries stay where the window grows', () => {
    const pages = new PageMemory(pageProgram());
    pages.prepare({ entries: 16, bytes: 8, values: 8 });
    const dictionary = pages.loadEntries(
      Uint8Array.from({ length: 16 }, (_, i) => i),
      16,
      false,
    );
    pages.window(0, 1_000_000);
    expect([...pages.entriesOf(Uint8Array.of(2 * 1, 1), 1, 1, dictionary, 8)]).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
  });
});

describe('nulls', () => {
  const levels = fc.tuple(runsOf(1), fc.integer({ min: 0, max: 7 }));

  test('levels become bits from any bit on', () => {
    fc.assert(
      fc.property(levels, ([runs, shift]) => {
        const bytes = encoded(runs, 1);
        const all = decoded(runs);
        memory.prepare({ entries: 0, bytes: bytes.length, values: all.length });
        const nulls = memory.nulls(bytes, all.length, shift);
        const present = all.reduce((sum, level) => sum + level, 0);
        expect(nulls?.present ?? all.length).toBe(present);
        if (nulls !== undefined) expect(bitsOf(nulls.bits, 0, shift + all.length)).toEqual([...new Array<number>(shift).fill(0), ...all]);
        expect(() => memory.nulls(bytes, all.length + 1, shift)).toThrow('end too early');
      }),
      { numRuns: 300 },
    );
  });

  test('values go to the rows that are not null', () => {
    fc.assert(
      fc.property(levels, fc.constantFrom(4 as const, 8 as const), ([runs, shift], size) => {
        const bytes = encoded(runs, 1);
        const all = decoded(runs);
        memory.prepare({ entries: 0, bytes: Math.max(bytes.length, all.length * size), values: all.length });
        const nulls = memory.nulls(bytes, all.length, shift);
        if (nulls === undefined) return;
        const values = Uint8Array.from({ length: nulls.present * size }, (_, i) => 1 + (i % 255));
        let next = 0;
        const expected = all.flatMap((level) => {
          if (level === 0) return new Array<number>(size).fill(0);
          next += size;
          return [...values.subarray(next - size, next)];
        });
        expect([...memory.spread(values, all.length, nulls, size)]).toEqual(expected);
        let bit = 0;
        const bits = memory.spreadBits(values, all.length, nulls);
        const ofBits = all.map((level) => (level === 0 ? 0 : ((values[bit >> 3] as number) >> (bit++ & 7)) & 1));
        expect(bitsOf(bits, shift, all.length)).toEqual(ofBits);
      }),
      { numRuns: 300 },
    );
  });

  test('a level beyond 1 is refused', () => {
    memory.prepare({ entries: 0, bytes: 8, values: 8 });
    expect(() => memory.nulls(Uint8Array.of(4 << 1, 2), 4, 0)).toThrow('nested');
  });
});

test('any bytes are values or refused', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.integer({ min: 0, max: 34 }),
      fc.integer({ min: 0, max: 500 }),
      (bytes, width, count) => {
        memory.prepare({ entries: 0, bytes: bytes.length, values: count });
        for (const work of [
          () => memory.codes(bytes, width, count, 100).length / 4,
          () => memory.nulls(bytes, count, width & 7)?.bits.length && count,
          () => memory.bits(bytes, count) && count,
        ]) {
          try {
            expect([count, undefined]).toContain(work());
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(RangeError);
          }
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
