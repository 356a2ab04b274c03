import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageMemory } from '../../../../connectors/parquet/decode/page-memory.ts';
import { pageProgram } from '../../../../kernels/index.ts';
import { unpackSnappy as oracle } from './snappy-oracle.ts';

const memory = new PageMemory(pageProgram());

function unpacked(packed: readonly number[], length: number): number[] {
  memory.prepare({ entries: 0, bytes: Math.max(packed.length, length), values: 0 });
  const out = memory.unpackSnappy(Uint8Array.from(packed), length);
  if (out === undefined) throw new RangeError('no Snappy data');
  return [...out];
}

test('literals, and copies of each kind, also of bytes that they make themselves', () => {
  // "abcd" as a literal, then six bytes from four back.
  expect(unpacked([10, 3 << 2, 97, 98, 99, 100, (2 << 2) | 1, 4], 10)).toEqual([97, 98, 99, 100, 97, 98, 99, 100, 97, 98]);
  expect(unpacked([6, 0, 7, (4 << 2) | 2, 1, 0], 6)).toEqual([7, 7, 7, 7, 7, 7]);
  expect(unpacked([6, 0, 7, (4 << 2) | 3, 1, 0, 0, 0], 6)).toEqual([7, 7, 7, 7, 7, 7]);
  const long = Array.from({ length: 70 }, (_, i) => i);
  expect(unpacked([70, 60 << 2, 69, ...long], 70)).toEqual(long);
  expect(unpacked([...[140, 1], 60 << 2, 69, ...long, (63 << 2) | 2, 70, 0, (5 << 2) | 2, 70, 0], 140)).toEqual([...long, ...long]);
  expect(unpacked([0], 0)).toEqual([]);
});

test.each([
  ['another length', [5, 0, 1], 1],
  ['a copy from before the beginning', [5, 0, 1, (3 << 2) | 2, 2, 0], 5],
  ['a distance of nothing', [5, 0, 1, (3 << 2) | 2, 0, 0], 5],
  ['a literal beyond its end', [5, 4 << 2, 1], 5],
  ['more than the length', [2, 2 << 2, 1, 2, 3], 2],
  ['less than the length', [3, 0, 1], 3],
  ['no length', [], 0],
  ['a length without end', [255, 255, 255, 255, 255, 255], 1],
])('refuses %s', (_, packed, length) => {
  expect(() => unpacked(packed, length)).toThrow(RangeError);
});

test('any bytes are unpacked or refused as by the oracle', () => {
  const outcome = (work: () => number[]) => {
    try {
      return work();
    } catch (thrown) {
      if (thrown instanceof RangeError) return 'refused';
      throw thrown;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 127 }), (bytes, length) => {
      const packed = [length, ...bytes];
      const expected = outcome(() => {
        const out = new Uint8Array(length);
        oracle(Uint8Array.from(packed), out);
        return [...out];
      });
      expect(outcome(() => unpacked(packed, length))).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});
