import { expect, test } from 'vitest';
import {
  batchesFromIpc,
  batchToIpc,
  category,
  categoryData,
  float64,
  float64Data,
  makeBatch,
  schema,
  stringView,
  withColumns,
} from '../../columnar/index.ts';

const places = schema({ station: category(), wind: category(), speed: float64() });
const batch = makeBatch(places, [
  categoryData(Int32Array.of(1, 0), ['Dongsi', 'Wanliu']),
  categoryData(Int32Array.of(0, 0), ['NNW']),
  float64Data(Float64Array.of(1, 2)),
]);

test('each category column keeps its own strings', () => {
  const [read] = batchesFromIpc(batchToIpc(batch));
  const strings = (column: string) => [0, 1].map((row) => stringView(read as never, column as never).get(row));
  expect(strings('station')).toEqual(['Wanliu', 'Dongsi']);
  expect(strings('wind')).toEqual(['NNW', 'NNW']);
});

test('columns read and columns made fit into one batch', () => {
  const [read] = batchesFromIpc(batchToIpc(batch));
  expect(() => withColumns(read as never, { extra: categoryData(Int32Array.of(0, 0), ['x']) })).not.toThrow();
});

test('equal batches give equal bytes', () => {
  expect(batchToIpc(batch)).toEqual(batchToIpc(makeBatch(places, batch.data.children)));
});
