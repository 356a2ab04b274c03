import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { columnRange } from '../../../../connectors/parquet/format/column-range.ts';
import { type RowGroup, readFooter } from '../../../../connectors/parquet/format/footer.ts';

const rangesOf = (name: string) => {
  const footer = readFooter(fileURLToPath(new URL(`../fixtures/${name}.parquet`, import.meta.url)));
  return (path: string) => {
    const { minimum, maximum } = columnRange(footer, footer.rowGroups[0] as RowGroup, path);
    return [minimum, maximum];
  };
};

test('integers of all widths, signed and not', () => {
  const range = rangesOf('numbers');
  expect(range('i8')).toEqual([-128, 127]);
  expect(range('i32')).toEqual([-(2 ** 31), 2 ** 31 - 1]);
  expect(range('u8')).toEqual([5, 255]);
  expect(range('u32')).toEqual([5, 2 ** 32 - 1]);
  expect(range('u64')).toEqual([5, 2n ** 64n - 1n]);
  expect(range('bool')).toEqual([0, 1]);
  expect(range('f32')).toEqual([Number.NEGATIVE_INFINITY, 1.5]);
});

test('instants in ms, rounded down, whatever the unit', () => {
  const range = rangesOf('times');
  expect(range('ts_ms')).toEqual([-1, 1_700_000_000_007]);
  expect(range('ts_us')).toEqual([-1, 1_700_000_000_000]);
  expect(range('tz_ns')).toEqual([-1, 1_700_000_000_000]);
  expect(range('date32')).toEqual([-86_400_000, 19_000 * 86_400_000]);
});

test('types whose order is not that of the decoded values give no range', () => {
  expect(rangesOf('numbers')('dec15')).toEqual([undefined, undefined]);
  expect(rangesOf('texts')('bytes')).toEqual([undefined, undefined]);
  // Beyond ASCII the order of bytes is not the order of JavaScript strings.
  expect(rangesOf('texts')('utf8')).toEqual(['', undefined]);
  expect(rangesOf('texts')('category')).toEqual(['a', 'b']);
  expect(rangesOf('texts')('absent')).toEqual([undefined, undefined]);
});
