import { DataType } from 'apache-arrow';
import { expect, test } from 'vitest';
import {
  type Batch,
  concatBatches,
  float64Data,
  selectColumns,
  stringView,
  takeData,
  utf8Data,
  withColumns,
} from '../../../columnar/index.ts';
import { sameTypes } from '../../../operators/rows/same-types.ts';
import { sampleReadings } from '../readings.ts';

const readings = selectColumns(sampleReadings(3).batch as Batch, ['at', 'pm25'] as never[]) as Batch;
const nulls = takeData(float64Data(new Float64Array(0)), new Int32Array(3).fill(-1));
const unknown = withColumns(readings, { name: nulls } as never) as Batch;
const named = withColumns(readings, { name: utf8Data(['a', null, 'b']) } as never) as Batch;

test('a column of nulls takes the type that the others have', () => {
  for (const order of [
    [unknown, named],
    [named, unknown, named],
  ]) {
    const joined = concatBatches(sameTypes(order));
    expect(DataType.isUtf8(joined.schema.fields[2]?.type)).toBe(true);
    const view = stringView(joined, 'name');
    expect(Array.from({ length: view.length }, (_, row) => view.get(row))).toEqual(
      order.flatMap((batch) => (batch === named ? ['a', null, 'b'] : [null, null, null])),
    );
  }
});

test('batches of one schema stay as they are', () => {
  const batches = [named, named];
  expect(sameTypes(batches)).toBe(batches);
  expect(sameTypes([unknown]).at(0)).toBe(unknown);
});

test('other types and other columns are errors', () => {
  const numbers = withColumns(readings, { name: float64Data(Float64Array.of(1, 2, 3)) } as never) as Batch;
  expect(() => sameTypes([named, numbers])).toThrow("column 'name' was Utf8 and is Float64 now");
  expect(() => sameTypes([named, readings])).toThrow("'name' is not where it was");
});
