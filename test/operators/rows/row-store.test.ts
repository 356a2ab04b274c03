import { type Data, DataType } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { booleanData, float64Data, makeBatch, takeRows, tensorData, utf8Data, withColumns } from '../../../columnar/index.ts';
import { RowStore } from '../../../operators/rows/row-store.ts';
import { type StreamBatch, sliceStreamBatch, takeStreamRows, withBatch } from '../../../streams/index.ts';
import { rowsOf } from '../../contract/run-operator.ts';
import { sampleReadings } from '../readings.ts';

/** Readings with a column of each layout. */
function everyLayout(rows: number, seed = 1): StreamBatch {
  const input = sampleReadings(rows, seed);
  const tensors = tensorData(
    Float32Array.from({ length: rows * 2 }, (_, i) => i),
    2,
  );
  return withBatch(
    input,
    withColumns(input.batch, { even: booleanData(Array.from({ length: rows }, (_, i) => i % 2)), pair: tensors } as never),
  );
}

describe('RowStore', () => {
  test('gives back what was added, in any cut and selection', () => {
    const input = everyLayout(120);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.array(fc.integer({ min: 0, max: 119 }), { maxLength: 40 }), (size, picked) => {
        const store = new RowStore();
        for (let from = 0; from < 120; from += size) store.append(sliceStreamBatch(input, from, Math.min(from + size, 120)));
        const rows = Int32Array.from(picked);
        expect(rowsOf(store.take(rows))).toEqual(rowsOf(takeStreamRows(input, rows)));
      }),
      { numRuns: 40 },
    );
  });

  test('keeps the rows named, and takes more afterwards', () => {
    const [input, more] = [everyLayout(100), everyLayout(30, 2)];
    fc.assert(
      fc.property(fc.subarray(Array.from({ length: 100 }, (_, row) => row)), (kept) => {
        const store = new RowStore();
        store.append(input);
        const before = store.take(Int32Array.from({ length: 100 }, (_, row) => row));
        store.keep(Int32Array.from(kept));
        store.append(more);
        expect(store.rows).toBe(kept.length + 30);
        const all = store.take(Int32Array.from({ length: store.rows }, (_, row) => row));
        expect(rowsOf(all)).toEqual([...rowsOf(takeStreamRows(input, Int32Array.from(kept))), ...rowsOf(more)]);
        // What was given out before does not change.
        expect(rowsOf(before)).toEqual(rowsOf(input));
      }),
      { numRuns: 30 },
    );
  });

  test('a column of nulls takes the type of later rows, and typed columns take nulls', () => {
    const typed = sampleReadings(5);
    const index = typed.batch.schema.fields.findIndex(({ name }) => name === 'note');
    const nulls = takeRows(
      makeBatch(typed.batch.schema.select(['pm25']) as never, [float64Data(new Float64Array(0))]),
      new Int32Array(5).fill(-1),
    );
    const unknown = withBatch(typed, withColumns(typed.batch, { note: nulls.data.children[0] as Data } as never));
    for (const order of [
      [unknown, typed],
      [typed, unknown],
    ]) {
      const store = new RowStore();
      for (const batch of order) store.append(batch as StreamBatch);
      const { batch } = store.take(Int32Array.from({ length: 10 }, (_, row) => row));
      expect(DataType.isUtf8(batch.schema.fields[index]?.type as DataType)).toBe(true);
      expect(
        rowsOf(withBatch({ ...typed, ordinal: new Float64Array(10), sub: new Int32Array(10), watermark: new Float64Array(10) }, batch)).map(
          ({ row }) => row.note,
        ),
      ).toEqual(
        order.flatMap((part) =>
          part === unknown ? [null, null, null, null, null] : rowsOf(typed as StreamBatch).map(({ row }) => row.note),
        ),
      );
    }
  });

  test('refuses columns that have changed', () => {
    const store = new RowStore();
    const input = sampleReadings(5);
    store.append(input as StreamBatch);
    expect(() =>
      store.append(withBatch(input, withColumns(input.batch, { pm25: utf8Data(['a', 'b', 'c', 'd', 'e']) } as never)) as StreamBatch),
    ).toThrow("column 'pm25' was Float64 and is Utf8 now");
    expect(() => store.append(withBatch(input, input.batch.select(['at', 'station'])) as StreamBatch)).toThrow('columns have changed');
  });
});
