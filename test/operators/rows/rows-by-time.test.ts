import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowsByTime } from '../../../operators/rows/rows-by-time.ts';

test('rows in order of time, rows of one time as they came; undefined where they are in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 80 }), (times) => {
      const sorted = times.map((_, row) => row).sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
      const isSorted = sorted.every((row, index) => row === index);
      expect(rowsByTime(Float64Array.from(times))).toEqual(isSorted ? undefined : Int32Array.from(sorted));
    }),
  );
});
