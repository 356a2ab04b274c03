import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFooterBytes } from '../../../../connectors/parquet/format/footer-bytes.ts';
import { readThrift } from '../../../../connectors/parquet/format/thrift-reader.ts';
import { THRIFT, ThriftStruct, type ThriftValue } from '../../../../connectors/parquet/format/thrift-value.ts';
import { writeThrift } from '../../../../connectors/parquet/format/thrift-writer.ts';

const integer = fc.oneof(fc.integer(), fc.maxSafeInteger());
const scalar = fc.oneof(
  fc.boolean().map((value): [number, ThriftValue] => [value ? THRIFT.true : THRIFT.false, value]),
  fc.integer({ min: -128, max: 127 }).map((value): [number, ThriftValue] => [THRIFT.byte, value]),
  fc.integer().map((value): [number, ThriftValue] => [THRIFT.i32, value]),
  integer.map((value): [number, ThriftValue] => [THRIFT.i64, value]),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .filter((value) => value > 2n ** 53n || value < -(2n ** 53n))
    .map((value): [number, ThriftValue] => [THRIFT.i64, value]),
  fc.double({ noNaN: true }).map((value): [number, ThriftValue] => [THRIFT.double, value]),
  fc.uint8Array({ maxLength: 40 }).map((value): [number, ThriftValue] => [THRIFT.binary, value]),
);
const { struct } = fc.letrec<{ struct: ThriftStruct; field: [number, ThriftValue] }>((tie) => ({
  struct: fc.dictionary(fc.integer({ min: 1, max: 300 }).map(String), tie('field'), { maxKeys: 6 }).map((fields) => {
    const made = new ThriftStruct();
    for (const [id, [type, value]] of Object.entries(fields)) made.set(Number(id), type, value);
    return made;
  }),
  field: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    tie('struct').map((value): [number, ThriftValue] => [THRIFT.struct, value]),
    fc.array(tie('struct'), { maxLength: 20 }).map((items): [number, ThriftValue] => [THRIFT.list, { itemType: THRIFT.struct, items }]),
    fc.array(fc.boolean(), { maxLength: 20 }).map((items): [number, ThriftValue] => [THRIFT.list, { itemType: THRIFT.true, items }]),
  ),
}));

const plain = (value: ThriftStruct): unknown =>
  [...value.fields]
    .sort(([left], [right]) => left - right)
    .map(([id, field]) => [id, field.value instanceof ThriftStruct ? plain(field.value) : field]);

describe('Thrift compact protocol', () => {
  test('any struct is read as it was written', () => {
    fc.assert(
      fc.property(struct, (value) => {
        const bytes = writeThrift(value);
        expect(plain(readThrift(bytes))).toEqual(plain(value));
        expect(writeThrift(readThrift(bytes))).toEqual(bytes);
      }),
    );
  });

  test.each(['numbers', 'times', 'texts', 'nested', 'duckdb', 'int96'])(
    'the footer of %s, of another writer, comes back byte for byte',
    (name) => {
      const path = fileURLToPath(new URL(`../fixtures/${name}.parquet`, import.meta.url));
      const { bytes, fileBytes } = readFooterBytes(path);
      expect(fileBytes).toBe(readFileSync(path).length);
      expect(Buffer.from(writeThrift(readThrift(bytes))).equals(Buffer.from(bytes))).toBe(true);
    },
  );

  test('bytes that end too early or mean nothing are a RangeError, at any place', () => {
    const { bytes } = readFooterBytes(fileURLToPath(new URL('../fixtures/nested.parquet', import.meta.url)));
    for (let length = 0; length < bytes.length; length += 7) expect(() => readThrift(bytes.subarray(0, length))).toThrow(RangeError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        try {
          readThrift(noise);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(RangeError);
        }
      }),
    );
    expect(() => readThrift(new Uint8Array(1_000).fill(0x1c))).toThrow('nested too deeply');
  });
});
