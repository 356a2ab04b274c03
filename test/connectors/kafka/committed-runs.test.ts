import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AbortedTransaction, committedRuns } from '../../../connectors/kafka/committed-runs.ts';
import { type Compression, encodeRecordBatch } from '../../../connectors/records/index.ts';
import { recordsOf, valuesOf } from '../../contract/home-fixture.ts';

/** One batch of a log: records of a producer, or the marker that ends its transaction. */
type Entry =
  | { readonly values: readonly string[]; readonly producerId?: number; readonly compression?: Compression }
  | { readonly marker: 'abort' | 'commit'; readonly producerId: number };

const CONTROL_AND_TRANSACTIONAL = 0x30;

/** The bytes of a partition, as a broker stores them. */
function logOf(entries: readonly Entry[]): { readonly bytes: Uint8Array; readonly next: number } {
  let offset = 0;
  const batches = entries.map((entry) => {
    const batch = 'marker' in entry ? markerBatch(entry, offset) : recordBatch(entry, offset);
    offset += 'marker' in entry ? 1 : entry.values.length;
    return batch;
  });
  return { bytes: new Uint8Array(Buffer.concat(batches)), next: offset };
}

const recordBatch = ({ values, producerId, compression }: Extract<Entry, { values: readonly string[] }>, baseOffset: number) =>
  encodeRecordBatch(recordsOf(values), { baseOffset, compression, producerId, transactional: producerId !== undefined });

function markerBatch({ marker, producerId }: Extract<Entry, { marker: string }>, baseOffset: number): Uint8Array {
  const key = `\0\0\0${marker === 'abort' ? '\0' : '\x01'}`;
  const bytes = encodeRecordBatch(recordsOf([''], [key]), { baseOffset, producerId, transactional: true });
  bytes[22] = CONTROL_AND_TRANSACTIONAL;
  return resealed(bytes);
}

/** Sets the checksum anew, by encoding's own way: only the test changes attributes afterwards. */
function resealed(bytes: Uint8Array): Uint8Array {
  let crc = 0xffffffff;
  for (const byte of bytes.subarray(21)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(17, ~crc >>> 0);
  return bytes;
}

function read(entries: readonly Entry[], aborted: readonly AbortedTransaction[] = [], from = 0) {
  const { bytes, next } = logOf(entries);
  const runs = [...committedRuns({ bytes, from, next, stable: next, aborted })];
  return { values: runs.flatMap(({ records }) => valuesOf(records)), runs, next };
}

describe('committedRuns', () => {
  test('leaves out aborted transactions that interleave, though the list is unsorted', () => {
    const { values } = read(
      [
        { values: ['a1'], producerId: 1 },
        { values: ['b1'], producerId: 2 },
        { values: ['plain'] },
        { values: ['c1'], producerId: 3 },
        { marker: 'abort', producerId: 2 },
        { values: ['b2'], producerId: 2 },
        { marker: 'commit', producerId: 3 },
        { marker: 'abort', producerId: 1 },
        { values: ['a2'], producerId: 1 },
        { marker: 'commit', producerId: 1 },
        { marker: 'commit', producerId: 2 },
      ],
      [
        { producerId: 2, firstOffset: 1 },
        { producerId: 1, firstOffset: 0 },
      ],
    );
    expect(values).toEqual(['plain', 'c1', 'b2', 'a2']);
  });

  test('of any interleaving of transactions, exactly the committed records remain', () => {
    const transactions = fc.array(
      fc.record({ producerId: fc.integer({ min: 1, max: 4 }), aborts: fc.boolean(), batches: fc.integer({ min: 1, max: 3 }) }),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(transactions, fc.infiniteStream(fc.nat(1000)), (list, choices) => {
        const queues = new Map<number, { entries: Entry[]; aborted: boolean[] }>();
        const expected: string[] = [];
        list.forEach(({ producerId, aborts, batches }, index) => {
          const queue = queues.get(producerId) ?? { entries: [], aborted: [] };
          queues.set(producerId, queue);
          for (let batch = 0; batch < batches; batch++) {
            queue.entries.push({ values: [`${index}.${batch}`], producerId });
            if (!aborts) expected.push(`${index}.${batch}`);
          }
          queue.entries.push({ marker: aborts ? 'abort' : 'commit', producerId });
        });
        const log: Entry[] = [];
        const waiting = [...queues.values()].map(({ entries }) => entries);
        while (waiting.some((entries) => entries.length > 0)) {
          const ready = waiting.filter((entries) => entries.length > 0);
          log.push((ready[(choices.next().value as number) % ready.length] as Entry[]).shift() as Entry);
        }
        const { values } = read(log, abortedIn(log).toReversed());
        expect(values.toSorted()).toEqual(expected.toSorted());
      }),
    );
  });

  test('compressed and plain batches keep their order and offsets', () => {
    const { values, runs, next } = read([
      { values: ['a', 'b'] },
      { values: ['c', 'd'], compression: 'gzip' },
      { values: ['e'], compression: 'lz4' },
      { values: ['f'] },
    ]);
    expect(values).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(runs.flatMap(({ records }) => [...records.offset])).toEqual([0, 1, 2, 3, 4, 5]);
    expect(runs.map((run) => run.next)).toEqual([2, 5, next]);
  });

  test('messages of old formats, plain and compressed, and batches after them', async () => {
    const { createRequire } = await import('node:module');
    const require = createRequire(import.meta.url);
    const messageSet = require('kafkajs/src/protocol/messageSet');
    const message = require('kafkajs/src/protocol/message');
    const { gzipSync } = await import('node:zlib');
    const setOf = (version: number, values: readonly string[], first: number): Buffer => {
      const { buffer } = messageSet({ messageVersion: version, entries: values.map((value) => ({ key: 'k', value, timestamp: 7 })) }) as {
        buffer: Buffer;
      };
      let at = 0;
      values.forEach((_, index) => {
        buffer.writeBigInt64BE(BigInt(first + index), at);
        at += 12 + buffer.readInt32BE(at + 8);
      });
      return buffer;
    };
    // A wrapper of magic 1: relative offsets inside, the offset of the last message outside.
    const inner = gzipSync(setOf(1, ['c', 'd'], 0));
    const { buffer: body } = message({ version: 1 })({ key: null, value: inner, timestamp: 9, compression: 1 }) as { buffer: Buffer };
    const head = Buffer.alloc(12);
    head.writeBigInt64BE(3n);
    head.writeInt32BE(body.length, 8);
    const batch = encodeRecordBatch(recordsOf(['e']), { baseOffset: 4 });
    const bytes = new Uint8Array(Buffer.concat([setOf(0, ['a'], 0), setOf(1, ['b'], 1), head, body, batch]));
    const runs = [...committedRuns({ bytes, from: 0, next: 5, stable: 5, aborted: [] })];
    expect(runs.flatMap(({ records }) => valuesOf(records))).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(runs.flatMap(({ records }) => [...records.offset])).toEqual([0, 1, 2, 3, 4]);
    expect(runs.flatMap(({ records }) => [...records.timestamp])).toEqual([-1, 7, 7, 7, 1000]);
    bytes[27] = (bytes[27] as number) ^ 1;
    expect(() => [...committedRuns({ bytes, from: 0, next: 5, stable: 5, aborted: [] })]).toThrow(/old message at offset 0 fails its CRC/);
  });

  test('records below the fetch offset are left out, also within a batch', () => {
    const { values } = read([{ values: ['a', 'b'] }, { values: ['c', 'd', 'e'] }], [], 3);
    expect(values).toEqual(['d', 'e']);
  });

  test('a run that ends with markers ends behind them', () => {
    const { runs } = read([
      { values: ['a'], producerId: 1 },
      { marker: 'commit', producerId: 1 },
    ]);
    expect(runs.map((run) => run.next)).toEqual([2]);
  });

  test('a damaged batch is refused, and a batch cut off at the end is left for the next fetch', () => {
    const { bytes, next } = logOf([{ values: ['a'] }, { values: ['b'] }]);
    const cut = bytes.subarray(0, bytes.length - 1);
    expect(
      [...committedRuns({ bytes: cut, from: 0, next: 1, stable: next, aborted: [] })].flatMap(({ records }) => valuesOf(records)),
    ).toEqual(['a']);
    bytes[bytes.length - 3] = 99;
    expect(() => [...committedRuns({ bytes, from: 0, next, stable: next, aborted: [] })]).toThrow(/CRC-32C/);
  });
});

/** The list that a broker makes: per aborted transaction its producer and its first offset. */
function abortedIn(log: readonly Entry[]): AbortedTransaction[] {
  const aborted: AbortedTransaction[] = [];
  const begun = new Map<number, number>();
  let offset = 0;
  for (const entry of log) {
    if ('marker' in entry) {
      const firstOffset = begun.get(entry.producerId);
      if (entry.marker === 'abort' && firstOffset !== undefined) aborted.push({ producerId: entry.producerId, firstOffset });
      begun.delete(entry.producerId);
      offset++;
    } else {
      if (entry.producerId !== undefined && !begun.has(entry.producerId)) begun.set(entry.producerId, offset);
      offset += entry.values.length;
    }
  }
  return aborted;
}
