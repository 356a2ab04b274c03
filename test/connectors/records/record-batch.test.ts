import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RawRecord, RecordWriter } from '../../../connectors/contract/index.ts';
import {
  type Compression,
  decodeHeaders,
  decodeRecordBatch,
  encodeHeaders,
  encodeRecordBatch,
  murmur2,
  partitionOf,
  rawRecordAt,
  readBatchHeader,
  takeRecords,
} from '../../../connectors/records/index.ts';

const require = createRequire(import.meta.url);
const text = new TextEncoder();

const bytesOf = fc.uint8Array({ maxLength: 80 });
const recordOf = fc.record({
  key: fc.option(bytesOf),
  value: fc.option(fc.oneof(bytesOf, fc.uint8Array({ minLength: 100, maxLength: 300 }))),
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 8 }), value: fc.option(bytesOf) }), { maxLength: 3 }),
  timestamp: fc.oneof(fc.integer({ min: 0, max: 2 ** 41 }), fc.nat(2 ** 31 - 1), fc.constant(-1)),
});
type Plain = Omit<RawRecord, 'offset'>;

function columnsOf(records: readonly Plain[]) {
  const writer = new RecordWriter();
  for (const { key, value, headers, timestamp } of records) {
    writer.value(value);
    writer.endRecord({ key, timestamp, headers: encodeHeaders(headers) });
  }
  return writer.finish();
}

const simple = (count: number) =>
  columnsOf(Array.from({ length: count }, (_, index) => ({ key: null, value: text.encode(`v${index}`), headers: [], timestamp: index })));

describe('encodeRecordBatch and decodeRecordBatch', () => {
  test('give back what was written, at any position and with any codec', () => {
    fc.assert(
      fc.property(
        fc.array(recordOf, { minLength: 1, maxLength: 20 }),
        fc.constantFrom<Compression>('none', 'gzip', 'zstd'),
        fc.nat(50),
        fc.nat(2 ** 40),
        (records, compression, position, baseOffset) => {
          const encoded = encodeRecordBatch(columnsOf(records), { compression, baseOffset });
          const bytes = new Uint8Array(position + encoded.length + 3);
          bytes.set(encoded, position);
          const decoded = decodeRecordBatch(bytes, position);
          expect(decoded.next).toBe(position + encoded.length);
          expect(decoded.records.count).toBe(records.length);
          records.forEach((record, index) => {
            expect(rawRecordAt(decoded.records, index)).toEqual({ ...record, offset: baseOffset + index });
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('keep the fields of the header', () => {
    const bytes = encodeRecordBatch(simple(3), { producerId: 12345678901n, producerEpoch: 7, baseSequence: 99, transactional: true });
    expect(decodeRecordBatch(bytes, 0).header).toMatchObject({
      producerId: 12345678901,
      producerEpoch: 7,
      baseSequence: 99,
      transactional: true,
      control: false,
      count: 3,
      baseTimestamp: 0,
      maxTimestamp: 2,
    });
  });

  test('go where there is room for them, and without a checksum where another is kept', () => {
    const whole = encodeRecordBatch(simple(10));
    const asked: number[] = [];
    const memory = new Uint8Array(1000).fill(9);
    const room = (length: number) => {
      asked.push(length);
      return memory.subarray(0, length);
    };
    const bytes = encodeRecordBatch(simple(10), { room, checksum: false });
    expect([bytes.buffer, asked]).toEqual([memory.buffer, [whole.length]]);
    expect(readBatchHeader(bytes, 0)?.crc).toBe(0);
    expect(() => decodeRecordBatch(bytes, 0)).toThrow(/CRC-32C/);
    bytes.set(whole.subarray(17, 21), 17);
    expect(bytes).toEqual(whole);
  });

  test('encode a range of the records', () => {
    const { records } = decodeRecordBatch(encodeRecordBatch(simple(10), { from: 4, to: 6 }), 0);
    expect([0, 1].map((index) => rawRecordAt(records, index).value)).toEqual([text.encode('v4'), text.encode('v5')]);
    expect([...records.offset]).toEqual([0, 1]);
  });

  test('encode records in another order than their bytes, some of them twice', () => {
    const records = columnsOf([
      { key: text.encode('a'), value: text.encode('first'), headers: [{ key: 'h', value: text.encode('x') }], timestamp: 2 ** 41 },
      { key: null, value: new Uint8Array(300).fill(7), headers: [], timestamp: 5 },
      { key: new Uint8Array(0), value: null, headers: [], timestamp: -3 },
    ]);
    const order = Int32Array.of(2, 0, 1, 0);
    const { records: read } = decodeRecordBatch(encodeRecordBatch(takeRecords(records, order), { baseOffset: 40 }), 0);
    const all = Array.from({ length: 3 }, (_, at) => rawRecordAt(records, at));
    expect(Array.from({ length: 4 }, (_, at) => rawRecordAt(read, at))).toEqual(
      Array.from(order, (row, at) => ({ ...all[row], offset: 40 + at })),
    );
  });

  test('leave out records below minOffset', () => {
    const { records } = decodeRecordBatch(encodeRecordBatch(simple(10), { baseOffset: 100 }), 0, { minOffset: 107 });
    expect([...records.offset]).toEqual([107, 108, 109]);
    expect(rawRecordAt(records, 0).value).toEqual(text.encode('v7'));
  });

  test('are read by the decoder of kafkajs', async () => {
    const Decoder = require('kafkajs/src/protocol/decoder');
    const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder');
    const headers = [{ key: 'h', value: text.encode('x') }];
    const records = columnsOf([
      { key: text.encode('k'), value: text.encode('v'), headers, timestamp: 1_700_000_000_000 },
      { key: null, value: null, headers: [], timestamp: 1_600_000_000_000 },
    ]);
    const { records: read } = await decodeBatch(
      new Decoder(Buffer.from(encodeRecordBatch(records, { compression: 'gzip', baseOffset: 5 }))),
    );
    expect(read[0]).toMatchObject({ offset: '5', timestamp: '1700000000000', key: Buffer.from('k'), headers: { h: Buffer.from('x') } });
    expect(read[1]).toMatchObject({ offset: '6', timestamp: '1600000000000', key: null, value: null });
  });

  test('refuse an empty range and a timestamp that is no integer', () => {
    expect(() => encodeRecordBatch(simple(2), { from: 1, to: 1 })).toThrow(/at least one record/);
    expect(() => encodeRecordBatch(columnsOf([{ key: null, value: null, headers: [], timestamp: Number.NaN }]))).toThrow(
      /timestamp of record 0/,
    );
    const far = [0, 1, 2 ** 53 - 1].map((timestamp) => ({ key: null, value: null, headers: [], timestamp }));
    expect(() => encodeRecordBatch(columnsOf(far), { from: 1 })).toThrow(/timestamp of record 2/);
  });
});

describe('damaged bytes', () => {
  test('a flipped bit behind the checksum is found', () => {
    const bytes = encodeRecordBatch(simple(20));
    for (let at = 21; at < bytes.length; at++) {
      const broken = bytes.slice();
      broken[at] = (broken[at] as number) ^ 4;
      expect(() => decodeRecordBatch(broken, 0), `byte ${at}`).toThrow(/CRC-32C|DECODE_FAILED|damaged/);
    }
  });

  test('without checksum: a value or a clean error, never an over-read', () => {
    const bytes = encodeRecordBatch(
      columnsOf([
        { key: text.encode('key'), value: text.encode('value'), headers: [{ key: 'h', value: null }], timestamp: 1e12 },
        { key: null, value: text.encode('w'), headers: [], timestamp: 1e12 + 5 },
      ]),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
        const broken = bytes.slice();
        for (const [at, value] of changes) broken[at] = value;
        try {
          const { records } = decodeRecordBatch(broken, 0, { verify: false });
          for (let record = 0; record < records.count; record++) {
            const end = (records.valueStart[record] as number) + (records.valueLength[record] as number);
            expect(end).toBeLessThanOrEqual(broken.length);
            rawRecordAt(records, record);
          }
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'MillraceError', code: 'DECODE_FAILED' });
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('truncated anywhere, it says that the bytes end early', () => {
    const bytes = encodeRecordBatch(simple(3));
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeRecordBatch(bytes.subarray(0, length), 0)).toThrow(/end early/);
  });

  test('a count of billions takes no memory', () => {
    const bytes = encodeRecordBatch(simple(3));
    new DataView(bytes.buffer).setInt32(57, 2 ** 31 - 1);
    expect(() => decodeRecordBatch(bytes, 0, { verify: false })).toThrow(/claims 2147483647 records/);
  });

  test('an unknown magic is named', () => {
    const bytes = encodeRecordBatch(simple(1));
    bytes[16] = 1;
    expect(() => decodeRecordBatch(bytes, 0)).toThrow(/magic is 1/);
  });
});

describe('decodeHeaders', () => {
  test('refuses left-over bytes and false lengths', () => {
    const bytes = encodeHeaders([{ key: 'a', value: text.encode('b') }]);
    expect(decodeHeaders(bytes)).toEqual([{ key: 'a', value: text.encode('b') }]);
    expect(() => decodeHeaders(bytes.subarray(0, bytes.length - 1))).toThrow(/damaged/);
    expect(() => decodeHeaders(new Uint8Array([...bytes, 0]))).toThrow(/follow its headers/);
    expect(() => decodeHeaders(new Uint8Array([0xfe, 0xff, 0xff, 0xff, 0x0f]))).toThrow(/headers/);
  });
});

describe('murmur2 and partitionOf', () => {
  // Recorded from org.apache.kafka.common.utils.Utils.murmur2 (Kafka's own unit test uses the same values).
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('murmur2 of %s', (key, expected) => {
    expect(murmur2(text.encode(key))).toBe(expected);
  });

  test('partitionOf is never negative', () => {
    for (let key = 0; key < 1000; key++) expect(partitionOf(text.encode(`k${key}`), 7)).toBeGreaterThanOrEqual(0);
  });
});
