import {
  Decimal,
  Field,
  Int8,
  Int16,
  Int64,
  List,
  Map_,
  makeData,
  Null,
  Schema,
  Struct,
  TimestampMicrosecond,
  Uint32,
  Uint64,
  Vector,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Batch,
  booleanData,
  categoryData,
  concatBatches,
  float32Data,
  float64Data,
  int32Data,
  makeBatch,
  takeData,
  takeRows,
  tensorData,
  timestampData,
  utf8Data,
  ValidityBuilder,
} from '../../columnar/index.ts';
import { rowWriter } from '../../connectors/parquet/read/row-json.ts';

const ROWS = 200;
const numbers = (of: (row: number) => number) => Float64Array.from({ length: ROWS }, (_, row) => of(row));

function sometimesNull(): ValidityBuilder {
  const nulls = new ValidityBuilder(ROWS);
  for (let row = 3; row < ROWS; row += 7) nulls.setNull(row);
  return nulls;
}

/** A column of every width and layout. 64-bit integers below zero have the bits of NaN. */
const columns = {
  float64: float64Data(numbers((row) => row / 3)),
  nullable: float64Data(
    numbers((row) => -row),
    sometimesNull(),
  ),
  float32: float32Data(Float32Array.from(numbers((row) => row / 3))),
  int32: int32Data(Int32Array.from(numbers((row) => row * 7 - 100))),
  uint32: makeData({ type: new Uint32(), length: ROWS, data: Uint32Array.from(numbers((row) => 4_000_000_000 + row)) }),
  int16: makeData({ type: new Int16(), length: ROWS, data: Int16Array.from(numbers((row) => row - 100)) }),
  int8: makeData({ type: new Int8(), length: ROWS, data: Int8Array.from(numbers((row) => row - 100)) }),
  int64: makeData({ type: new Int64(), length: ROWS, data: BigInt64Array.from({ length: ROWS }, (_, row) => BigInt(row - 100)) }),
  timestamp: timestampData(numbers((row) => (row - 100) * 1e9)),
  boolean: booleanData(numbers((row) => row % 3)),
  text: utf8Data(Array.from({ length: ROWS }, (_, row) => (row % 11 === 0 ? null : 'ä'.repeat(row % 30)))),
  category: categoryData(Int32Array.from(numbers((row) => row % 3)), ['a', 'b', 'c']),
  tensor: tensorData(
    Float32Array.from({ length: ROWS * 3 }, (_, item) => item),
    3,
  ),
  decimal: makeData({
    type: new Decimal(2, 20),
    length: ROWS,
    data: Uint32Array.from({ length: ROWS * 4 }, (_, word) => (word % 4 === 0 ? word : 0)),
  }),
} as const;
const fields = Object.entries(columns).map(([name, data]) => new Field(name, data.type, true));
const batch = makeBatch(new Schema(fields) as never, Object.values(columns)) as Batch;

const plain = (value: unknown) =>
  value instanceof Vector ? Array.from(value) : ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>) : value;

function rowOf(from: Batch, row: number): unknown[] {
  return from.data.children.map((data) => plain(new Vector([data]).get(row)));
}

const runs = fc
  .array(fc.tuple(fc.nat(ROWS - 1), fc.integer({ min: 1, max: 90 })), { maxLength: 5 })
  .map((parts) => Int32Array.from(parts.flatMap(([first, length]) => Array.from({ length }, (_, i) => Math.min(first + i, ROWS - 1)))));
const scattered = fc.array(fc.nat(ROWS - 1), { maxLength: 100 }).map((rows) => Int32Array.from(rows));

describe('takeRows', () => {
  test.each([
    ['scattered rows', scattered],
    ['long runs of rows', runs],
  ])('takes %s of every kind of column', (_what, selections) => {
    fc.assert(
      fc.property(selections, (rows) => {
        const taken = takeRows(batch, rows);
        expect(taken.numRows).toBe(rows.length);
        for (const [row, from] of rows.entries()) expect(rowOf(taken, row)).toEqual(rowOf(batch, from));
      }),
      { numRuns: 30 },
    );
  });

  test('takes rows of a slice', () => {
    const slice = batch.slice(13, 150) as Batch;
    const rows = Int32Array.of(100, 3, 3, 0, 136);
    const taken = takeRows(slice, rows);
    for (const [row, from] of rows.entries()) expect(rowOf(taken, row)).toEqual(rowOf(batch, from + 13));
  });
});

test('takeData gives null where a row is negative', () => {
  for (const [name, data] of Object.entries(columns)) {
    const taken = new Vector([takeData(data, Int32Array.of(5, -1, 6))]);
    expect([name, plain(taken.get(0)), taken.get(1), plain(taken.get(2))]).toEqual([
      name,
      rowOf(batch, 5)[fields.findIndex((field) => field.name === name)],
      null,
      rowOf(batch, 6)[fields.findIndex((field) => field.name === name)],
    ]);
  }
});

test('nested columns are taken, and joined, value by value as they are stored', () => {
  const instants = new List(new Field('item', new TimestampMicrosecond(), true));
  const pair = new Struct([new Field('at', instants, true), new Field('none', new Null(), true)] as never);
  const counts = new Map_(
    new Field('entries', new Struct([new Field('key', new Int64(), false), new Field('value', new Uint64(), true)]), false) as never,
  );
  /** Row `n`: microseconds beyond what float64 holds exactly, and every fifth list null. */
  const rowsOf = (numbers: readonly number[]): Batch => {
    const items = makeData({
      type: new TimestampMicrosecond(),
      length: numbers.length * 2,
      data: BigInt64Array.from(numbers.flatMap((n) => [BigInt(n), 2n ** 60n + BigInt(n)])),
    });
    const valueOffsets = Int32Array.from({ length: numbers.length + 1 }, (_, row) => 2 * row);
    const nulls = new ValidityBuilder(numbers.length);
    numbers.forEach((n, row) => {
      if (n % 5 === 0) nulls.setNull(row);
    });
    const list = makeData({
      type: instants,
      length: numbers.length,
      valueOffsets,
      child: items,
      nullCount: nulls.nullCount,
      nullBitmap: nulls.finish(),
    });
    const struct = makeData({
      type: pair,
      length: numbers.length,
      children: [list, makeData({ type: new Null(), length: numbers.length })] as never,
    });
    const keys = makeData({ type: new Int64(), length: numbers.length * 2, data: items.values });
    const values = makeData({
      type: new Uint64(),
      length: numbers.length * 2,
      data: BigUint64Array.from(items.values, (value) => 2n ** 64n - 1n - BigInt.asUintN(64, value)),
    });
    const entries = makeData({ type: counts.children[0]?.type as Struct, length: numbers.length * 2, children: [keys, values] as never });
    const map = makeData({ type: counts, length: numbers.length, valueOffsets, child: entries as never });
    return makeBatch(new Schema([new Field('pair', pair, true), new Field('counts', counts, true)]), [struct, map]);
  };
  const texts = (batch: Batch) => Array.from({ length: batch.numRows }, (_, row) => rowWriter(batch)(row));
  fc.assert(
    fc.property(fc.array(fc.nat(40), { minLength: 1, maxLength: 30 }), fc.nat(40), fc.nat(40), (rows, one, other) => {
      const [from, to] = [Math.min(one, other), Math.max(one, other) + 1];
      const whole = rowsOf(Array.from({ length: 41 }, (_, n) => n));
      const slice = whole.slice(from, to) as Batch;
      const chosen = rows.map((row) => row % (to - from));
      const expected = rowsOf(chosen.map((row) => from + row));
      expect(texts(takeRows(slice, Int32Array.from(chosen)))).toEqual(texts(expected));
      const joined = concatBatches(chosen.map((row) => slice.slice(row, row + 1) as Batch));
      expect(texts(joined)).toEqual(texts(expected));
    }),
    { numRuns: 50 },
  );
});
