import { type Data, Dictionary, Field, Int8, Int32, makeVector, Schema, Vector, vectorFromArray } from 'apache-arrow';
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

test('category columns beside dictionaries of other types, which may bear their ids', () => {
  const codes = new Dictionary(new Int32(), new Int8(), 0);
  const others = makeVector({ type: codes, data: Int8Array.of(1, 0), dictionary: vectorFromArray([7, 8], new Int32()) }).data[0];
  const mixed = schema({ station: category(), wind: category() });
  const both = makeBatch(new Schema([...mixed.fields, new Field('code', codes)]) as never, [
    ...batch.data.children.slice(0, 2),
    others as Data,
  ]);
  const [read] = batchesFromIpc(batchToIpc(both));
  expect(read?.data.children.map((column) => new Vector([column]).toJSON())).toEqual([
    ['Wanliu', 'Dongsi'],
    ['NNW', 'NNW'],
    [8, 7],
  ]);
});
