import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEncodeFunctions, ENCODE_START } from '../../../../kernels/index.ts';
import { unpackSnappy } from '../decode/snappy-oracle.ts';

const { functions, memory } = createEncodeFunctions();
memory.grow(40);
const TABLE = ENCODE_START;
const INPUT = TABLE + 65_536;
const OUT = INPUT + 1_000_000;

function packed(bytes: Uint8Array): Uint8Array {
  new Uint8Array(memory.buffer, INPUT, bytes.length).set(bytes);
  return new Uint8Array(memory.buffer, OUT, functions.packSnappy(INPUT, bytes.length, OUT, TABLE)).slice();
}

function unpacked(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  unpackSnappy(bytes, out);
  return out;
}

/** Pieces that repeat, and pieces that do not. */
const texts = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 60 })), { maxLength: 40 })
  .map((pieces) => Buffer.concat(pieces.flatMap(([bytes, times]) => Array<Uint8Array>(times).fill(bytes))));

describe('Snappy', () => {
  test('what is packed is unpacked again, by an independent reader, and is never larger than the format allows', () => {
    fc.assert(
      fc.property(texts, (bytes) => {
        const short = packed(bytes);
        expect(short.length).toBeLessThanOrEqual(32 + (bytes.length * 7) / 6);
        expect(Buffer.compare(unpacked(short, bytes.length), bytes)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test('lengths around blocks and tags, repeated and not', () => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 16;
    };
    for (const length of [0, 1, 4, 15, 16, 17, 59, 60, 61, 255, 256, 257, 65_535, 65_536, 65_537, 200_003]) {
      const noise = Uint8Array.from({ length }, random);
      expect(Buffer.compare(unpacked(packed(noise), length), noise)).toBe(0);
      const same = new Uint8Array(length).fill(7);
      expect(Buffer.compare(unpacked(packed(same), length), same)).toBe(0);
      if (length > 1_000) expect(packed(same).length).toBeLessThan(length / 15);
      const doubles = new Uint8Array(Float64Array.from({ length: length >> 3 }, (_, row) => 20 + (row % 700) / 8).buffer);
      expect(Buffer.compare(unpacked(packed(doubles), doubles.length), doubles)).toBe(0);
    }
  });
});
