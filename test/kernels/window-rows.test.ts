import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SlotEntries, TimedRows } from '../../kernels/index.ts';

const EMPTY = [0, 0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];

const value = fc.oneof(
  fc.constantFrom(Number.NaN, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
);
const rowsOf = fc.array(fc.record({ slot: fc.integer({ min: -1, max: 5 }), a: value, b: value }), { maxLength: 60 });

/** What a slot's entry for a column says of the values that were added. */
function entryOf(values: readonly number[]) {
  const present = values.filter((number) => !Number.isNaN(number));
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const number of present) {
    if (number < least) least = number;
    if (number > greatest) greatest = number;
  }
  return [present.length, present.reduce((sum, number) => sum + number, 0), least, -greatest];
}

describe('SlotEntries', () => {
  test('keeps count, sum, least and greatest value of each column, and the other rows, by slot', () => {
    fc.assert(
      fc.property(rowsOf, fc.nat(60), (rows, cut) => {
        const entries = new SlotEntries(Float64Array.from([...EMPTY, ...EMPTY, 0, 0]));
        entries.reserve(6);
        const slots = Int32Array.from(rows, ({ slot }) => slot);
        const columns = [
          { values: Float64Array.from(rows, ({ a }) => a), at: 0 },
          { values: Float64Array.from(rows, ({ b }) => b), at: 4 },
        ];
        const middle = Math.min(cut, rows.length);
        entries.add(slots, 0, middle, columns, 8);
        entries.add(slots, middle, rows.length, columns, 8);
        for (let slot = 0; slot < 6; slot++) {
          const own = rows.filter((row) => row.slot === slot);
          const at = entries.first + slot * 10;
          const rest = own.filter(({ a }) => Number.isNaN(a)).length;
          const wanted = [...entryOf(own.map(({ a }) => a)), ...entryOf(own.map(({ b }) => b)), rest, 0];
          expect(Array.from(entries.numbers.subarray(at, at + 10))).toEqual(wanted);
        }
        entries.clear(Int32Array.of(4, 1));
        for (const slot of [1, 4]) expect(entries.numbers[entries.first + slot * 10 + 2]).toBe(Number.POSITIVE_INFINITY);
        expect(entries.numbers[entries.first + 3 * 10 + 8]).toBe(rows.filter(({ slot, a }) => slot === 3 && Number.isNaN(a)).length);
      }),
    );
  });

  test('takes more rows than it adds at once, and keeps its entries when it grows', () => {
    const entries = new SlotEntries(Float64Array.from([...EMPTY, 0, 0]));
    entries.reserve(2);
    const rows = 10_000;
    const slots = Int32Array.from({ length: rows }, (_, row) => row & 1);
    const column = { values: Float64Array.from({ length: rows }, (_, row) => row), at: 0 };
    entries.add(slots, 0, rows, [column], 4);
    entries.reserve(100_000);
    entries.add(slots, 1, rows, [column], 4);
    const sums = [0, 1].map((slot) => Array.from(entries.numbers.subarray(entries.first + slot * 6, entries.first + slot * 6 + 5)));
    expect(sums.map(([count, sum]) => [count, sum])).toEqual([
      [9_999, 49_990_000],
      [10_000, 50_000_000],
    ]);
    entries.add(slots, 1, rows, [], 4);
    const counts = [0, 1].map((slot) => entries.numbers[entries.first + slot * 6 + 4]);
    expect(counts).toEqual([4_999, 5_000]);
  });
});

describe('TimedRows', () => {
  const time = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });

  test('reads instants of every unit, rounded down', () => {
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 9 }), fc.nat(3), (times, unit) => {
        const rows = new TimedRows();
        rows.load(BigInt64Array.from(times), unit, new Float64Array(times.length));
        const perMillisecond = [1n, 1n, 1_000n, 1_000_000n][unit] as bigint;
        for (const [row, instant] of times.entries()) {
          const scaled = unit === 0 ? instant * 1_000n : instant;
          const below = scaled / perMillisecond - (scaled % perMillisecond < 0n ? 1n : 0n);
          expect(rows.at(row)).toBe(Number(below));
        }
      }),
    );
  });

  test('finds where a stretch of time ends, or a watermark closes a window', () => {
    // Mostly rows that do not end the stretch, so that each reason for its end comes up alone.
    const small = fc.record({
      time: fc.integer({ min: 0, max: 12 }),
      mark: fc.integer({ min: 0, max: 6 }),
      missing: fc.nat(9).map((number) => number === 0),
    });
    fc.assert(
      fc.property(fc.array(small, { maxLength: 20 }), fc.nat(2), fc.integer({ min: 5, max: 7 }), (given, start, closes) => {
        const rows = new TimedRows();
        // A longer batch before it leaves nothing behind.
        rows.load(new BigInt64Array(30), 1, new Float64Array(30));
        const times = BigInt64Array.from(given, (row) => BigInt(row.time));
        rows.load(
          times,
          1,
          Float64Array.from(given, (row) => row.mark),
          (row) => given[row]?.missing === true,
        );
        const [from, end] = [Math.min(1, given.length), start + 10];
        const ends = given.findIndex(
          (row, index) => index >= from && (row.missing || row.time < start || row.time >= end || row.mark >= closes),
        );
        expect(rows.stretchEnd(from, given.length, start, end, closes)).toBe(ends < 0 ? given.length : ends);
        for (const [row, { time, missing }] of given.entries()) expect(rows.at(row)).toBe(missing ? Number.NaN : time);
      }),
    );
  });
});
