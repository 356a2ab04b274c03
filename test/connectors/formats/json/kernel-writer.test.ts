import {
  Bool,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int8,
  Int32,
  Int64,
  makeData,
  Schema,
  Uint8,
  Uint32,
  Uint64,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Batch, makeBatch, timestamp, timestampData } from '../../../../columnar/index.ts';
import { RecordWriter } from '../../../../connectors/contract/index.ts';
import { json } from '../../../../connectors/formats/json/index.ts';

function encoded(batch: Batch, options: Parameters<typeof json>[0] = {}): string[] {
  const writer = new RecordWriter();
  json(options)
    .encoder(batch.schema)
    .encode(batch, writer, { key: (row) => (row % 2 === 0 ? null : Uint8Array.of(row & 127)), timestamp: (row) => row });
  const { bytes, count, valueStart, valueLength, keyStart, keyLength, timestamp: times } = writer.finish();
  expect(Array.from(keyLength, (length, row) => (length < 0 ? null : bytes[keyStart[row] as number]))).toEqual(
    Array.from({ length: count }, (_, row) => (row % 2 === 0 ? null : row & 127)),
  );
  expect([...times]).toEqual(Array.from({ length: count }, (_, row) => row));
  const start = (row: number) => valueStart[row] as number;
  return Array.from({ length: count }, (_, row) =>
    Buffer.from(bytes.subarray(start(row), start(row) + (valueLength[row] as number))).toString(),
  );
}

const batchOf = (columns: Record<string, unknown>): Batch => {
  const data = Object.values(columns) as never[];
  const fields = Object.entries(columns).map(([name, one]) => new Field(name, (one as { type: Float64 }).type, true));
  return makeBatch(new Schema(fields), data) as Batch;
};

const doubles = (values: readonly number[]) => makeData({ type: new Float64(), data: Float64Array.from(values) });
const singles = (values: readonly number[]) => makeData({ type: new Float32(), data: Float32Array.from(values) });
const numbersOf = (rows: readonly string[]) => rows.map((row) => row.slice('{"v":'.length, -1));

/** A double of any bits that is a number. */
const anyDouble = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((bits) => new Float64Array(BigUint64Array.of(bits).buffer)[0] as number);
const text = (value: number) => (Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : String(value)) : 'null');

describe('numbers', () => {
  test('doubles are written as JavaScript writes them, whatever their bits', () => {
    const edges = [
      0,
      -0,
      1,
      -1,
      0.1,
      0.3,
      1 / 3,
      5e-324,
      2.2250738585072014e-308,
      1.7976931348623157e308,
      1e21,
      1e20,
      123456789012345680000,
      1e-6,
      1e-7,
    ];
    const more = [
      9007199254740992,
      4.35,
      0.000001234,
      2 ** 53,
      2 ** 63,
      2 ** -1022,
      1e23,
      9.5e-7,
      100,
      120,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ];
    for (const values of [edges, more]) expect(numbersOf(encoded(batchOf({ v: doubles(values) })))).toEqual(values.map(text));
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            anyDouble,
            fc.double(),
            fc.integer().map((n) => n / 100),
          ),
          { minLength: 50, maxLength: 200 },
        ),
        (values) => {
          expect(numbersOf(encoded(batchOf({ v: doubles(values) })))).toEqual(values.map(text));
        },
      ),
      { numRuns: 60 },
    );
    for (let exponent = -1074; exponent < 1024; exponent++) {
      const values = [-1, 0, 1].map((step) => neighbor(2 ** exponent, step)).filter((value) => value > 0);
      expect(numbersOf(encoded(batchOf({ v: doubles(values) })))).toEqual(values.map(text));
    }
  });

  test('decimals of few digits, of any size, and their neighbors', () => {
    const short = fc.tuple(fc.integer({ min: 1, max: 999_999_999 }), fc.integer({ min: -12, max: 12 }), fc.integer({ min: -1, max: 1 }));
    fc.assert(
      fc.property(fc.array(short, { minLength: 50, maxLength: 200 }), (parts) => {
        const values = parts.map(([digits, exponent, step]) => neighbor(Number(`${digits}e${exponent}`), step));
        expect(numbersOf(encoded(batchOf({ v: doubles(values) })))).toEqual(values.map(text));
      }),
      { numRuns: 60 },
    );
  });

  test('integers of every length', () => {
    const values = Array.from({ length: 20 }, (_, digits) => 10n ** BigInt(digits)).flatMap((power) => [power - 1n, power, power + 1n]);
    const unsigned = makeData({ type: new Uint64(), data: BigUint64Array.from(values) });
    expect(numbersOf(encoded(batchOf({ v: unsigned })))).toEqual(values.map(String));
  });

  test('float32 are written by the shortest decimal that rounds to them, as for tensors', () => {
    const anySingle = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((bits) => new Float32Array(Uint32Array.of(bits).buffer)[0] as number);
    fc.assert(
      fc.property(fc.array(anySingle, { minLength: 50, maxLength: 100 }), (values) => {
        const finite = values.filter((value) => Number.isFinite(value));
        const written = numbersOf(encoded(batchOf({ v: singles(finite) })));
        expect(written.map((one) => Math.fround(Number(one)))).toEqual(finite);
        // The JavaScript writer, which is used where dates are written as text.
        expect(numbersOf(encoded(batchOf({ v: singles(finite) }), { timestamps: 'iso' }))).toEqual(written);
      }),
      { numRuns: 40 },
    );
  });
});

function neighbor(value: number, step: number): number {
  const bits = BigUint64Array.from([0n]);
  const numbers = new Float64Array(bits.buffer);
  numbers[0] = value;
  bits[0] = (bits[0] as bigint) + BigInt(step);
  return numbers[0];
}

describe('columns of every kind', () => {
  const entries = vectorFromArray(['north', 'sü"d', '\u0001'], new Utf8());
  const codes = { type: new Dictionary(new Utf8(), new Int32()), length: 4, data: Int32Array.of(1, 0, 2, 1), dictionary: entries };
  const nullBitmap = Uint8Array.of(0b1101);
  const texts = vectorFromArray(['', 'é\n\t\\"/', null, '\u0000\u001f\b\f\r'], new Utf8()).data[0];
  const columns = {
    d: makeData({ type: new Float64(), data: Float64Array.of(1.5, 0, -2, 1e300), nullBitmap, nullCount: 1 }),
    i8: makeData({ type: new Int8(), data: Int8Array.of(-128, 0, 127, 1) }),
    u8: makeData({ type: new Uint8(), data: Uint8Array.of(255, 0, 127, 1) }),
    u32: makeData({ type: new Uint32(), data: Uint32Array.of(4294967295, 0, 1, 2) }),
    i64: makeData({ type: new Int64(), data: BigInt64Array.of(-9223372036854775808n, 9223372036854775807n, 0n, -1n) }),
    u64: makeData({ type: new Uint64(), data: BigUint64Array.of(18446744073709551615n, 0n, 1n, 2n) }),
    b: makeData({ type: new Bool(), length: 4, data: Uint8Array.of(0b0101), nullBitmap, nullCount: 1 }),
    c: makeData({ ...codes, nullBitmap, nullCount: 1 }),
    t: texts,
    at: timestampData([1_700_000_000_000, 0, -5, 1]),
  };

  test('by the kernel the same as without it, also of slices', () => {
    const batch = batchOf(columns);
    const { at, ...others } = columns;
    const plain = batchOf(others);
    expect(encoded(plain)).toEqual(encoded(plain, { timestamps: 'iso' }));
    expect(encoded(batch).map((row) => JSON.parse(row).at)).toEqual([1_700_000_000_000, 0, -5, 1]);
    for (const [from, to] of [
      [1, 3],
      [2, 4],
      [3, 4],
      [0, 0],
    ] as const) {
      const slice = plain.slice(from, to) as Batch;
      expect(encoded(slice)).toEqual(encoded(plain).slice(from, to));
    }
    expect(JSON.parse(encoded(batch)[1] as string)).toMatchObject({ d: null, b: null, c: null, t: 'é\n\t\\"/', u64: 0 });
    expect(timestamp().type.unit).toBe(1);
  });

  test('booleans and nulls of slices that begin anywhere in a byte', () => {
    const length = 100;
    const bits = Uint8Array.from({ length: 16 }, (_, byte) => byte * 37 + 11);
    const nulls = Uint8Array.from({ length: 16 }, (_, byte) => byte * 91 + 5);
    const batch = batchOf({ b: makeData({ type: new Bool(), length, data: bits, nullBitmap: nulls }) });
    const all = encoded(batch);
    const isSet = (bytes: Uint8Array, row: number) => (((bytes[row >> 3] as number) >> (row & 7)) & 1) === 1;
    expect(all).toEqual(Array.from({ length }, (_, row) => `{"b":${isSet(nulls, row) ? isSet(bits, row) : null}}`));
    for (let from = 0; from < 20; from++) expect(encoded(batch.slice(from, 90) as Batch)).toEqual(all.slice(from, 90));
  });

  test('strings with what must be escaped at any place', () => {
    const texts = Array.from({ length: 60 }, (_, at) => `${'x'.repeat(at)}"${'é'.repeat(at % 7)}\n${'y'.repeat(60 - at)}`);
    const column = vectorFromArray([...texts, '', 'plain text of more than sixteen bytes'], new Utf8()).data[0];
    expect(encoded(batchOf({ t: column })).map((row) => JSON.parse(row).t)).toEqual([
      ...texts,
      '',
      'plain text of more than sixteen bytes',
    ]);
  });

  test('rows longer than the kernel had room for, and many of them', () => {
    const long = 'x"'.repeat(400_000);
    const rows = vectorFromArray([long, 'a', long], new Utf8()).data[0];
    expect(encoded(batchOf({ t: rows })).map((row) => JSON.parse(row).t.length)).toEqual([800_000, 1, 800_000]);
    const many = Float64Array.from({ length: 60_000 }, (_, row) => row / 8);
    expect(numbersOf(encoded(batchOf({ v: doubles([...many]) })))).toEqual(Array.from(many, String));
  });
});
