import {
  Binary,
  Bool,
  type Data,
  type DataType,
  DateDay,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../../columnar/index.ts';
import type { Encoding } from '../../../../connectors/parquet/encode/encoding.ts';
import { FlatGroups } from '../../../../connectors/parquet/encode/flat-group.ts';
import { footerOf } from '../decode/own-rows.ts';
import { byLibrary, encodedFile, rowsOf } from './encoded-file.ts';

const TYPES: readonly DataType[] = [
  new Bool(),
  new Int8(),
  new Int16(),
  new Int32(),
  new Int64(),
  new Uint8(),
  new Uint16(),
  new Uint32(),
  new Uint64(),
  new Float32(),
  new Float64(),
  new DateDay(),
  new TimestampMillisecond('UTC'),
  new TimestampMicrosecond(),
  new TimestampNanosecond('Europe/Berlin'),
  new Utf8(),
  new Binary(),
  new Dictionary(new Utf8(), new Int32(), 1_001),
  new Dictionary(new Utf8(), new Int8(), 1_002),
];

const isText = (type: DataType) => type instanceof Utf8 || type instanceof Dictionary || type instanceof Binary;

/** A column of `rows` values made of numbers: value 0 is null where `nulls` says so, and equal numbers are equal values. */
function column(type: DataType, numbers: readonly number[], nulls: boolean): Data {
  const bytes = new TextEncoder();
  const valueFor = (n: number): unknown => {
    if (nulls && n % 5 === 0) return null;
    if (type instanceof Bool) return n % 2 === 1;
    if (type instanceof Binary) return bytes.encode('x'.repeat(n % 7) + n);
    if (isText(type))
      return n % 11 === 3 ? '' : `téxt ${n % (type instanceof Dictionary && type.indices instanceof Int8 ? 50 : 1_000_000)}`;
    if (type instanceof Float64 || type instanceof Float32) return n % 13 === 1 ? Number.NaN : (n - 40) / 4;
    if (type instanceof Int64 || type instanceof Uint64) return BigInt(n) * 4_000_000_001n;
    return n % 100;
  };
  if (type.constructor.name.startsWith('Timestamp') || type instanceof DateDay) {
    const wide = !(type instanceof DateDay);
    const data = wide ? BigInt64Array.from(numbers, (n) => BigInt(n) * 1_000_003n) : Int32Array.from(numbers);
    const bits = new Uint8Array(Math.ceil(numbers.length / 8) + 8).fill(255);
    let nullCount = 0;
    numbers.forEach((n, row) => {
      if (!nulls || n % 5 !== 0) return;
      bits[row >> 3] = (bits[row >> 3] as number) & ~(1 << (row & 7));
      nullCount++;
    });
    return makeData({ type, length: numbers.length, data, nullCount, ...(nullCount > 0 && { nullBitmap: bits }) } as never);
  }
  return vectorFromArray(numbers.map(valueFor), type as never).data[0] as Data;
}

function batchOf(types: readonly DataType[], numbers: readonly number[], nulls: boolean): Batch {
  const schema = new Schema(types.map((type, index) => new Field(`c${index}`, type, nulls || index % 2 === 0)));
  const children = types.map((type) => column(type, numbers, nulls));
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length: numbers.length, nullCount: 0, children }) as never,
  ) as never;
}

/** The batch in pieces. */
function cut(batch: Batch, cuts: readonly number[]): Batch[] {
  const ends = [...new Set(cuts.map((one) => one % (batch.numRows + 1)))].sort((left, right) => left - right);
  return [0, ...ends].map((from, index) => batch.slice(from, ends[index] ?? batch.numRows) as Batch);
}

const encodings: fc.Arbitrary<Encoding> = fc.record({
  compression: fc.constantFrom('uncompressed', 'snappy', 'zstd', 'gzip', 'brotli'),
  dictionary: fc.constantFrom('auto', 'strings', 'all'),
  statistics: fc.boolean(),
});

describe('row groups of flat columns', () => {
  test('any types, nulls, cuts and encodings: parquet-wasm reads the rows that were written', () => {
    const numbers = fc.oneof(
      fc.array(fc.nat(2_000), { minLength: 1, maxLength: 60 }),
      fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 90 })).map(([n, times]) => Array<number>(times).fill(n)),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 300 }),
    );
    fc.assert(
      fc.property(
        numbers,
        fc.subarray([...TYPES], { minLength: 1 }),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 3 }),
        encodings,
        (rows, types, nulls, cuts, encoding) => {
          const batch = batchOf(types, rows, nulls);
          const file = encodedFile([cut(batch, cuts)], encoding);
          expect(rowsOf(byLibrary(file))).toEqual(rowsOf([batch]));
          // Bytes depend on the rows alone.
          expect(Buffer.compare(file, encodedFile([[batch]], encoding))).toBe(0);
          // Each batch with dictionaries of its own.
          const middle = (cuts[0] ?? 0) % (rows.length + 1);
          const parts = [rows.slice(0, middle), rows.slice(middle)].filter(({ length }) => length > 0);
          const apart = parts.map((part) => batchOf(types, part, nulls));
          expect(Buffer.compare(file, encodedFile([apart], encoding))).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each(['auto', 'all'] as const)(
    'many pages, of words and texts that are coded, coded at first, or plain; dictionary %s',
    (dictionary) => {
      const types = [new Int64(), new Utf8(), new Float64(), new Int32(), new Dictionary(new Utf8(), new Int32(), 1_001), new Bool()];
      const shapes = [(row: number) => row % 97, (row: number) => (row < 900 ? row % 50 : row), (row: number) => row];
      const small = new FlatGroups({ pageRows: 256, pageBytes: 2_000, dictionaryBytes: 4_096 });
      const seen = new Set<string>();
      for (const shape of shapes) {
        for (const nulls of [false, true]) {
          const numbers = Array.from({ length: 3_003 }, (_, row) => shape(row));
          const batch = batchOf(types, numbers, nulls);
          const file = encodedFile(
            [[batch], [batch.slice(7, 1_000) as Batch]],
            { compression: 'snappy', dictionary, statistics: true },
            small,
          );
          expect(rowsOf(byLibrary(file))).toEqual([...rowsOf([batch]), ...rowsOf([batch]).slice(7, 1_000)]);
          for (const { root, encodings } of footerOf(file).rowGroups[0]?.columns ?? [])
            seen.add(`${root} ${kindOf(file, root, encodings)}`);
        }
      }
      // All of them occurred: coded, plain, and, where a dictionary was given up on the way, both.
      for (const column of ['c0', 'c1', 'c2', 'c3']) expect([...seen]).toContain(`${column} coded`);
      for (const column of ['c0', 'c1', 'c2']) expect([...seen]).toContain(`${column} both`);
      if (dictionary === 'auto') for (const column of ['c0', 'c1']) expect([...seen]).toContain(`${column} plain`);
    },
  );

  test('dictionaries are taken where few values are distinct, and given up where they are not', () => {
    const encodingsOf = (shape: (row: number) => number) => {
      const numbers = Array.from({ length: 45_000 }, (_, row) => shape(row));
      const batch = batchOf([new Int64(), new Utf8()], numbers, false);
      const [group] = footerOf(encodedFile([[batch]], { compression: 'snappy', dictionary: 'auto', statistics: true })).rowGroups;
      return group?.columns.map(({ encodings }) => encodings.includes('rle-dictionary'));
    };
    expect(encodingsOf((row) => row % 500)).toEqual([true, true]);
    expect(encodingsOf((row) => row)).toEqual([false, false]);
  });

  test('a required column with nulls, and codes beyond their dictionary, are refused by name', () => {
    const encoding = { compression: 'snappy', dictionary: 'auto', statistics: true } as const;
    const withNulls = batchOf([new Int32()], [1, 0, 5], true);
    const required = new Schema([new Field('value', new Int32(), false)]);
    expect(() => encodedFile([[new RecordBatch(required, withNulls.data as never) as never]], encoding)).toThrow(
      "'value' is required, but 2 of its values",
    );
    const coded = batchOf([new Dictionary(new Utf8(), new Int32(), 1)], [1, 2, 3], false);
    ((coded.data.children[0] as Data).values as Int32Array)[1] = 9;
    expect(() => encodedFile([[coded]], encoding)).toThrow("'c0' has a code beyond its dictionary of 3");
  });
});

describe('statistics', () => {
  const encoding = { compression: 'uncompressed', dictionary: 'auto', statistics: true } as const;
  const of = (type: DataType, values: unknown[], dictionary: Encoding['dictionary'] = 'auto') => {
    const data = vectorFromArray(values, type as never).data[0] as Data;
    const schema = new Schema([new Field('v', type, true)]);
    const struct = makeData({ type: new Struct(schema.fields), length: values.length, nullCount: 0, children: [data] });
    const file = encodedFile([[new RecordBatch(schema, struct as never) as never]], { ...encoding, dictionary });
    const column = footerOf(file).rowGroups[0]?.columns[0];
    return column === undefined ? [] : [plain(column.minimum), plain(column.maximum), column.nullCount];
  };
  const plain = (found: Uint8Array | undefined) => found && new Uint8Array(found);
  const bytes = (numbers: ArrayLike<number> & { readonly buffer: ArrayBufferLike }) => new Uint8Array(numbers.buffer);
  const text = (value: string) => new Uint8Array(new TextEncoder().encode(value));

  test.each(['none', 'all'] as const)('of numbers: NaN does not count, zero has both signs; dictionary %s', (dictionary) => {
    const doubles = (values: unknown[]) => of(new Float64(), values, dictionary);
    expect(doubles([Number.NaN, 3, null, -7.5])).toEqual([bytes(Float64Array.of(-7.5)), bytes(Float64Array.of(3)), 1]);
    expect(doubles([0, 0])).toEqual([bytes(Float64Array.of(-0)), bytes(Float64Array.of(0)), 0]);
    expect(doubles([-0, -3])).toEqual([bytes(Float64Array.of(-3)), bytes(Float64Array.of(0)), 0]);
    expect(doubles([Number.NaN, null])).toEqual([undefined, undefined, 1]);
    expect(doubles([null])).toEqual([undefined, undefined, 1]);
    expect(doubles([Number.POSITIVE_INFINITY])).toEqual([...Array(2).fill(bytes(Float64Array.of(Number.POSITIVE_INFINITY))), 0]);
    expect(of(new Float32(), [Number.NaN, 1, 2, 3, 4, 5, -2], dictionary)).toEqual([
      bytes(Float32Array.of(-2)),
      bytes(Float32Array.of(5)),
      0,
    ]);
    expect(of(new Uint32(), [4_000_000_000, 5], dictionary)).toEqual([bytes(Uint32Array.of(5)), bytes(Uint32Array.of(4_000_000_000)), 0]);
    expect(of(new Int64(), [-5n, 7n], dictionary)).toEqual([
      bytes(BigInt64Array.of(-5n) as never),
      bytes(BigInt64Array.of(7n) as never),
      0,
    ]);
    expect(of(new Uint64(), [2n ** 63n, 7n], dictionary)).toEqual([
      bytes(BigUint64Array.of(7n) as never),
      bytes(BigUint64Array.of(2n ** 63n) as never),
      0,
    ]);
    expect(of(new Bool(), [true, null, true], dictionary)).toEqual([Uint8Array.of(1), Uint8Array.of(1), 1]);
  });

  test.each(['none', 'all'] as const)('of texts: by their bytes, unsigned; long ones are left out; dictionary %s', (dictionary) => {
    expect(of(new Utf8(), ['bb', 'é', 'b', null, 'ba'], dictionary)).toEqual([text('b'), text('é'), 1]);
    expect(of(new Utf8(), ['longer than eight b', 'longer than eight a'], dictionary)).toEqual([
      text('longer than eight a'),
      text('longer than eight b'),
      0,
    ]);
    expect(of(new Utf8(), ['a\0', 'a', ''], dictionary)).toEqual([text(''), text('a\0'), 0]);
    expect(of(new Utf8(), ['x'.repeat(300), 'y'], dictionary)).toEqual([undefined, undefined, 0]);
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 20 }), (values) => {
        const sorted = values.map(text).sort(Buffer.compare);
        expect(of(new Utf8(), values, dictionary)).toEqual([sorted[0], sorted.at(-1), 0]);
      }),
      { numRuns: 50 },
    );
  });
});

/** Which pages a column of the first row group has, as its footer tells. */
function kindOf(file: Uint8Array, name: string, encodings: readonly string[]): string {
  const chunks = footerOf(file).thrift.structs(4)[0]?.structs(1) ?? [];
  const about = chunks[Number(name.slice(1))]?.struct(3)?.structs(13) ?? [];
  const plainPages = about.some((pages) => pages.number(1) === 0 && pages.number(2) === 0);
  if (!encodings.includes('rle-dictionary')) return 'plain';
  return plainPages ? 'both' : 'coded';
}
