import { describe, expect, test } from 'vitest';
import { binary, category, float64, int32, int64, required, schema, timestamp, utf8 } from '../../../columnar/index.ts';
import { fromRecord, json, type RecordParts, RecordWriter } from '../../../connectors/index.ts';
import { encodeHeaders, rawRecordAt } from '../../../connectors/records/index.ts';

const text = new TextEncoder();

/** Records of value, key and one header each. */
function recordsOf(rows: readonly { value: string; key?: string; trace?: string }[]) {
  const writer = new RecordWriter();
  rows.forEach(({ value, key, trace }, index) => {
    const headers =
      trace === undefined
        ? undefined
        : encodeHeaders([
            { key: 'trace', value: text.encode('first') },
            { key: 'trace', value: text.encode(trace) },
          ]);
    writer.value(text.encode(value));
    writer.endRecord({ key: key === undefined ? null : text.encode(key), timestamp: 5000 + index, headers });
  });
  return writer.finish();
}

const rowsOf = (batch: { toArray(): unknown[] }) => batch.toArray().map((row) => ({ ...(row as object) }));

describe('fromRecord', () => {
  test('takes columns from key, timestamp, offset, partition and headers', () => {
    const columns = schema({
      device: category(),
      x: float64(),
      at: timestamp(),
      offset: int64(),
      partition: int32(),
      trace: utf8(),
      all: utf8(),
      raw: binary(),
    });
    const parts: RecordParts = {
      device: 'key',
      at: 'timestamp',
      offset: 'offset',
      partition: 'partition',
      trace: { header: 'trace' },
      all: 'headers',
      raw: 'key',
    };
    const decoder = fromRecord(json(), parts).decoder(columns);
    const { batch, record } = decoder.decode(recordsOf([{ value: '{"x":1}', key: 'a', trace: 'last' }, { value: '{"x":2}' }]), 7);
    expect([...record]).toEqual([0, 1]);
    expect(rowsOf(batch)).toEqual([
      {
        device: 'a',
        x: 1,
        at: 5000,
        offset: 0n,
        partition: 7,
        trace: 'last',
        all: '[["trace","first"],["trace","last"]]',
        raw: text.encode('a'),
      },
      { device: null, x: 2, at: 5001, offset: 1n, partition: 7, trace: null, all: '[]', raw: null },
    ]);
  });

  test('rejects a record that lacks what a required column takes, and keeps the order of rejects', () => {
    const columns = schema({ device: required(utf8()), x: float64() });
    const { batch, record, rejects } = fromRecord(json(), { device: 'key' })
      .decoder(columns)
      .decode(recordsOf([{ value: '{"x":1}' }, { value: '{"x":2}', key: 'b' }, { value: 'broken' }, { value: '{"x":4}' }]));
    expect(rowsOf(batch)).toEqual([{ device: 'b', x: 2 }]);
    expect([...record]).toEqual([1]);
    expect(rejects.map((reject) => reject.record)).toEqual([0, 2, 3]);
    expect(rejects[0]?.reason).toBe("column 'device': the record has no key");
  });

  test('leaves these columns out of the value when encoding', () => {
    const columns = schema({ device: utf8(), x: float64() });
    const format = fromRecord(json(), { device: 'key' });
    const { batch } = format.decoder(columns).decode(recordsOf([{ value: '{"x":1}', key: 'a' }]));
    const writer = new RecordWriter();
    format.encoder(columns).encode(batch, writer, { key: () => text.encode('a'), timestamp: () => 1 });
    expect(Buffer.from(rawRecordAt(writer.finish(), 0).value ?? []).toString()).toBe('{"x":1}');
  });

  test('a column that is not there, or cannot hold its part, is refused at once', () => {
    const columns = schema({ x: float64() });
    expect(() => fromRecord(json(), { device: 'key' }).decoder(columns)).toThrow(/no column 'device'; the columns are x/);
    expect(() => fromRecord(json(), { x: 'key' }).decoder(columns)).toThrow(/column 'x' of type Float64 cannot hold the key/);
    expect(() => fromRecord(json(), { x: 'partition' }).decoder(columns)).toThrow(/cannot hold the partition/);
  });
});
