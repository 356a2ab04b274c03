import { expect, test } from 'vitest';
import {
  category,
  categoryData,
  columnData,
  describeSchema,
  float64,
  float64Data,
  int32Data,
  makeBatch,
  rolesOf,
  schema,
  sliceBatch,
  tensorData,
  timestamp,
  timestampData,
  withColumns,
} from '../../columnar/index.ts';

const readings = schema({ at: timestamp(), station: category(), pm25: float64() }, { eventTime: 'at', key: 'station' });
const batch = makeBatch(readings, [
  timestampData([0, 1000, 2000]),
  categoryData(Int32Array.of(0, 1, 0), ['a', 'b']),
  float64Data(Float64Array.of(1, 2, 3)),
]);

test('a batch keeps the schema that it was made of, and so do its slices', () => {
  expect(batch.schema).toBe(readings);
  expect(sliceBatch(batch, 1, 3).schema).toBe(readings);
  expect(
    sliceBatch(batch, 1, 9)
      .toArray()
      .map((row) => row.pm25),
  ).toEqual([2, 3]);
  expect(sliceBatch(batch, 5, 9).numRows).toBe(0);
});

test('columns of other lengths are refused', () => {
  expect(() => makeBatch(readings, [timestampData([0]), ...batch.data.children.slice(1)])).toThrow(
    "column 'station' has 3 rows where the batch has 1",
  );
});

test('withColumns makes one schema for the same columns, and another one for others', () => {
  const sums = () => float64Data(Float64Array.of(4, 5, 6));
  const once = withColumns(batch, { sum: sums() });
  expect(withColumns(batch, { sum: sums() }).schema).toBe(once.schema);
  expect(describeSchema(withColumns(batch, { sum: int32Data(Int32Array.of(1, 2, 3)) }).schema)).toContain('sum: Int32?');
  expect(describeSchema(withColumns(batch, { other: sums() }).schema)).toContain('other: Float64?');
  expect(describeSchema(once.schema)).toContain('sum: Float64?');
});

test('withColumns replaces a column in its place and keeps the roles', () => {
  const replaced = withColumns(batch, { pm25: float64Data(Float64Array.of(7, 8, 9)), more: float64Data(Float64Array.of(0, 0, 0)) });
  expect(replaced.schema.fields.map((field) => field.name)).toEqual(['at', 'station', 'pm25', 'more']);
  expect(Array.from(columnData(replaced, 'pm25').values as Float64Array)).toEqual([7, 8, 9]);
  expect(rolesOf(replaced.schema)).toEqual({ eventTime: 'at', key: 'station' });
});

test('tensors of another size have another schema', () => {
  const two = withColumns(batch, { x: tensorData(new Float32Array(6), 2) });
  const three = withColumns(batch, { x: tensorData(new Float32Array(9), 3) });
  expect(two.schema).not.toBe(three.schema);
  expect(withColumns(batch, { x: tensorData(new Float32Array(6), 2) }).schema).toBe(two.schema);
});
