import { expect, test } from 'vitest';
import { copyColumns } from '../../../../connectors/parquet/read/copy-columns.ts';

/** Memory with one batch of one int32 column of two rows, 7 and -1, in the structs of the C data interface; `format` and `offset` of the column may be others. */
function memoryWith(format: string, offset = 0): ArrayBuffer {
  const memory = new ArrayBuffer(1_024);
  const view = new DataView(memory);
  const [batch, column, batchSchema, columnSchema] = [64, 128, 192, 256];
  const long = (address: number, value: number) => view.setBigInt64(address, BigInt(value), true);
  const pointer = (address: number, value: number) => view.setUint32(address, value, true);
  for (const array of [batch, column]) long(array, 2);
  long(batch + 32, 1);
  pointer(batch + 44, 320);
  pointer(320, column);
  pointer(batchSchema, 340);
  pointer(batchSchema + 32, 328);
  pointer(328, columnSchema);
  long(column + 16, offset);
  pointer(column + 40, 352);
  pointer(356, 400);
  view.setInt32(400, 7, true);
  view.setInt32(404, -1, true);
  pointer(columnSchema, 336);
  new Uint8Array(memory).set(new TextEncoder().encode(`${format}\0`), 336);
  return memory;
}

test('copies buffers to where typed arrays can lie', () => {
  const block = copyColumns(memoryWith('i'), 64, 192);
  const [column] = block?.layout ?? [];
  expect(column).toMatchObject({ length: 2, nullCount: 0, validity: undefined, offsets: undefined, values: [0, 8], children: [] });
  expect([...new Int32Array(block?.bytes.buffer ?? new ArrayBuffer(0), 0, 2)]).toEqual([7, -1]);
});

test('leaves layouts that it does not know to others: views, unions, slices', () => {
  expect(copyColumns(memoryWith('vu'), 64, 192)).toBeUndefined();
  expect(copyColumns(memoryWith('+u'), 64, 192)).toBeUndefined();
  expect(copyColumns(memoryWith('i', 1), 64, 192)).toBeUndefined();
});
