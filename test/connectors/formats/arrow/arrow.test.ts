import { Field, Float64, makeData, Schema, TimestampMicrosecond, Utf8 } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Batch,
  batchToIpc,
  category,
  categoryData,
  emptyBatch,
  float64,
  float64Data,
  makeBatch,
  required,
  schema,
  tensor,
  tensorData,
  timestamp,
  timestampData,
  utf8Data,
} from '../../../../columnar/index.ts';
import { arrow, type RecordColumns, RecordWriter } from '../../../../connectors/index.ts';
import { encoded, rowsOf } from '../../../contract/format-suite.ts';

const columns = schema({ station: required(category()), at: timestamp(), value: float64(), image: tensor(2) }, { eventTime: 'at' });
const batchOf = (names: readonly string[], first: number) =>
  makeBatch(columns, [
    categoryData(
      Int32Array.from(names, (_, index) => index),
      names,
    ),
    timestampData(names.map((_, index) => first + index)),
    float64Data(Float64Array.from(names, (_, index) => index / 2)),
    tensorData(
      Float32Array.from({ length: names.length * 2 }, (_, index) => index),
      2,
    ),
  ]);

function records(...values: (Uint8Array | null)[]): RecordColumns {
  const writer = new RecordWriter();
  for (const value of values) {
    writer.value(value);
    writer.endRecord({ key: null, timestamp: 0 });
  }
  return writer.finish();
}

const plain = (batch: Batch) => JSON.parse(JSON.stringify(rowsOf(batch)));

describe('arrow', () => {
  test('batches go out and come back, each row with its record', () => {
    const [first, second] = [batchOf(['a', 'b', 'c'], 1000), batchOf(['c', 'd'], 2000)];
    const values = [first, second].map((batch) => encoded(arrow(), columns, batch).bytes);
    const { batch, record, rejects } = arrow()
      .decoder(columns)
      .decode(records(...values));
    expect(rejects).toEqual([]);
    expect([...record]).toEqual([0, 0, 0, 1, 1]);
    expect(plain(batch)).toEqual([...plain(first), ...plain(second)]);
  });

  test('a batch is one record, stamped by its last row; no rows are no record', () => {
    const writer = new RecordWriter();
    const fields = { key: (row: number) => Uint8Array.of(row), timestamp: (row: number) => 100 + row };
    arrow()
      .encoder(columns)
      .encode(batchOf(['a', 'b', 'c'], 0), writer, fields);
    arrow().encoder(columns).encode(emptyBatch(columns), writer, fields);
    const written = writer.finish();
    expect([written.count, written.timestamp[0], written.bytes[written.keyStart[0] as number]]).toEqual([1, 102, 2]);
  });

  test('columns are taken by name, other units and plain strings are converted', () => {
    const foreign = new Schema([
      new Field('extra', new Float64()),
      new Field('at', new TimestampMicrosecond()),
      new Field('station', new Utf8()),
    ]);
    const micros = makeData({ type: new TimestampMicrosecond(), length: 2, nullCount: 0, data: BigInt64Array.of(1_500n, -500n) });
    const batch = makeBatch(foreign, [float64Data(Float64Array.of(1, 2)), micros, utf8Data(['x', 'y'])]);
    const wanted = schema({ station: category(), at: timestamp() });
    const decoded = arrow()
      .decoder(wanted)
      .decode(records(batchToIpc(batch)));
    expect(decoded.rejects).toEqual([]);
    expect(rowsOf(decoded.batch)).toEqual([
      { station: 'x', at: 1 },
      { station: 'y', at: -1 },
    ]);
  });

  test('what does not fit is rejected with its reason, record by record', () => {
    const other = makeBatch(new Schema([new Field('station', new Utf8())]), [utf8Data(['x'])]);
    const nulls = makeBatch(new Schema([new Field('station', new Utf8())]), [utf8Data([null])]);
    const { rejects, batch } = arrow({ maxBytes: 5000 })
      .decoder(columns)
      .decode(
        records(
          batchToIpc(other),
          null,
          new Uint8Array(0),
          Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
          new Uint8Array(6000),
          batchToIpc(nulls),
          batchToIpc(batchOf(['a'], 0)),
        ),
      );
    expect(rejects.map(({ record, reason }) => `${record} ${reason}`)).toEqual([
      "0 column 'at' is missing",
      '1 no value (a tombstone)',
      '2 empty value',
      expect.stringMatching(/^3 (no rows|broken Arrow IPC)/),
      '4 6000 bytes, more than the limit of 5000',
      "5 column 'station' is required and null in 1 rows",
    ]);
    expect(batch.numRows).toBe(1);
  });

  test('the decoder keeps nothing of the bytes', () => {
    const input = encoded(arrow(), columns, batchOf(['a', 'b'], 5));
    const { batch } = arrow().decoder(columns).decode(input);
    const before = plain(batch);
    input.bytes.fill(0);
    expect(plain(batch)).toEqual(before);
  });

  test('any damage is a value or a reject, never a crash', () => {
    const good = encoded(arrow(), columns, batchOf(['a', 'b', 'c'], 1000)).bytes;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(good.length),
        (edits, cut) => {
          const bytes = good.slice(0, edits.length % 2 === 0 ? cut : undefined);
          for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
          const { batch, rejects } = arrow().decoder(columns).decode(records(bytes));
          expect(batch.numRows > 0 || rejects.length === 1).toBe(true);
          rowsOf(batch);
        },
      ),
      { numRuns: 300 },
    );
  });
});
