import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../models/files/index.ts';

const tensor = fc.array(fc.nat(4), { maxLength: 3 }).chain((shape) => {
  const length = shape.reduce((product, size) => product * size, 1);
  return fc.float32Array({ minLength: length, maxLength: length }).map((values) => ({ shape, values }));
});
const names = fc.string().filter((name) => name !== '__metadata__' && name !== '__proto__');
const tensors = fc.array(fc.tuple(names, tensor), { maxLength: 5 }).map((entries) => new Map(entries));

/** A file with any header text, and `data` bytes behind it. */
function file(header: string | Uint8Array, data = 0, length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (start: number, end: number, shape: unknown = [1], dtype = 'F32'): object => ({ dtype, shape, data_offsets: [start, end] });

test('what is written is read again, whatever its names, shapes and values', () => {
  fc.assert(
    fc.property(tensors, fc.dictionary(names, fc.string(), { maxKeys: 3, noNullPrototype: true }), (given, metadata) => {
      const read = readSafetensors(writeSafetensors(given, metadata));
      expect([...read.tensors.entries()].sort()).toEqual([...given.entries()].sort());
      expect(read.metadata).toEqual(metadata);
    }),
  );
});

describe('files that are not what they seem give an error', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /shorter than its header length/],
    ['a header past the end', file('{}', 0, 100n), /header of 100 bytes runs past its end/],
    ['a header of 2^63 bytes', file('{}', 0, 1n << 63n), /runs past its end/],
    ['no JSON', file('{"a":'), /not JSON/],
    ['no UTF-8', file(Uint8Array.of(0x7b, 0xff, 0x7d)), /not JSON/],
    ['a list', file('[]'), /not an object/],
    ['another type', file(JSON.stringify({ a: entry(0, 2, [1], 'F16') }), 2), /has type F16/],
    ['null', file('{"a":null}'), /has type undefined/],
    ['a negative shape', file(JSON.stringify({ a: entry(0, 4, [-1]) }), 4), /no proper shape/],
    ['a shape that overflows', file(JSON.stringify({ a: entry(0, 4, [2 ** 40, 2 ** 40]) }), 4), /does not fit its bytes/],
    ['a huge tensor', file(JSON.stringify({ a: entry(0, 4e12, [1e12]) }), 4), /does not fit its bytes/],
    ['offsets the wrong way round', file(JSON.stringify({ a: entry(4, 0) }), 4), /does not fit its bytes/],
    ['three offsets', file(JSON.stringify({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }), 4), /no proper offsets/],
    ['an overlap', file(JSON.stringify({ a: entry(0, 4), b: entry(0, 4) }), 4), /begins at byte 0, but the one before ends at 4/],
    ['a gap', file(JSON.stringify({ a: entry(0, 4), b: entry(8, 12) }), 12), /begins at byte 8/],
    ['bytes left over', file(JSON.stringify({ a: entry(0, 4) }), 9), /tensors end at byte 4 of 9/],
    ['metadata that are no text', file(JSON.stringify({ __metadata__: { a: 1 } })), /metadata are not text/],
  ])('%s', (_name, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  test('cut or changed anywhere, it is read or refused, never anything else', () => {
    const good = writeSafetensors(new Map([['weight', { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) }]]));
    for (let cut = 0; cut < good.length; cut++)
      expect(() => readSafetensors(good.subarray(0, cut))).toThrow(/cannot read this safetensors file/);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const bytes = good.slice();
        bytes[at] = value;
        try {
          readSafetensors(bytes);
        } catch (error) {
          expect(String(error)).toMatch(/cannot read this safetensors file/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

test('a tensor whose values do not fit its shape is not written', () => {
  expect(() => writeSafetensors(new Map([['a', { shape: [2], values: new Float32Array(3) }]]))).toThrow(/has 3 values, not 2/);
});
