import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileShares, mostAtOnce } from '../../../../connectors/parquet/read/file-shares.ts';

const span = fc
  .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 8 }))
  .map(([from, length]) => ({ from, to: from + length }));

test('as many are read at once as have an instant in common', () => {
  fc.assert(
    fc.property(fc.array(span, { maxLength: 20 }), (spans) => {
      const at = (instant: number) => spans.filter(({ from, to }) => from <= instant && instant <= to).length;
      expect(mostAtOnce(spans)).toBe(Math.max(...Array.from({ length: 40 }, (_, instant) => at(instant))));
    }),
  );
});

test('files that follow one another have all of it, those without statistics share it', () => {
  const all = fileShares([]).bytesPerFile;
  expect(
    fileShares([
      { from: 0, to: 1 },
      { from: 2, to: 3 },
    ]).bytesPerFile,
  ).toBe(all);
  const unknown = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  expect(fileShares([unknown, unknown, { from: 2, to: 3 }, unknown]).bytesPerFile).toBe(all / 4);
});
