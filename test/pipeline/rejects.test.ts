import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeHeaders, type RecordColumns } from '../../connectors/index.ts';
import { Rejects } from '../../pipeline/rejects.ts';
import { sourceBatch, stretchOf } from './source-batches.ts';

const decoder = new TextDecoder();
const bytesOf = (text: string) => new TextEncoder().encode(text);

function listed(records: RecordColumns | undefined) {
  const { count = 0 } = records ?? {};
  const part = (name: 'key' | 'value' | 'headers', record: number) => {
    const [start, length] = [records?.[`${name}Start`][record] as number, records?.[`${name}Length`][record] as number];
    return length < 0 ? null : (records as RecordColumns).bytes.slice(start, start + length);
  };
  const text = (bytes: Uint8Array | null) => (bytes === null ? null : decoder.decode(bytes));
  return Array.from({ length: count }, (_, record) => ({
    key: text(part('key', record)),
    value: text(part('value', record)),
    headers: decodeHeaders(part('headers', record) as Uint8Array).map(({ key, value }) => [key, text(value)]),
    timestamp: records?.timestamp[record],
  }));
}

const row = (ordinal: number, reason = 'too high') => ({ step: 'validate', ordinal, reason, row: `{"ordinal":${ordinal}}` });

/** A record at offset 0 that could not be decoded. */
function broken(record: { readonly key?: Uint8Array | null; readonly value: Uint8Array | null; readonly reason?: string }) {
  const batch = sourceBatch({ times: [] });
  const raw = { key: null, headers: [{ key: 'trace', value: bytesOf('t1') }], timestamp: 7, offset: 0, ...record };
  const reject = { source: 'events', partition: 0, record: raw, reason: record.reason ?? 'broken JSON' };
  return [stretchOf({ ...batch, records: 1, rejects: [reject] }, {})];
}

describe('rejects', () => {
  it('keep key, value, headers and timestamp, and say step, reason and origin, in stream order', () => {
    const trace = [{ key: 'trace', value: bytesOf('t1') }];
    const batch = sourceBatch({ times: [10, 20, 30], offsets: [1, 2, 4], rejects: [0, 3], headers: trace });
    const rejects = new Rejects();
    rejects.addTurn([stretchOf(batch, { firstOrdinal: 100 })], [row(101), row(100)]);
    const from = (offset: number, step: string, reason: string) => ({
      key: `k${offset}`,
      value: `record ${offset}`,
      timestamp: 1000 + offset,
      headers: [
        ['trace', 't1'],
        ['millrace.step', step],
        ['millrace.reason', reason],
        ['millrace.topic', 'events'],
        ['millrace.partition', '0'],
        ['millrace.offset', String(offset)],
      ],
    });
    expect(listed(rejects.take())).toEqual([
      from(0, 'decode', 'record 0 is broken'),
      from(1, 'validate', 'too high'),
      from(2, 'validate', 'too high'),
      from(3, 'decode', 'record 3 is broken'),
    ]);
  });

  it('are taken once', () => {
    const rejects = new Rejects();
    expect(rejects.take()).toBeUndefined();
    rejects.addTurn(broken({ value: bytesOf('{') }), []);
    expect(rejects.take()?.count).toBe(1);
    expect(rejects.take()).toBeUndefined();
  });

  it('are whole up to the limit; beyond it head, length, hash and origin', () => {
    const limit = 10_000;
    const rejects = new Rejects(limit);
    const value = (length: number) => Uint8Array.from({ length }, (_, at) => 97 + (at % 26));
    rejects.addTurn(broken({ value: value(limit - 'tracet1'.length) }), []);
    rejects.addTurn(broken({ value: value(limit) }), []);
    const [whole, cut] = listed(rejects.take());
    expect(whole?.value).toHaveLength(limit - 'tracet1'.length);
    expect(whole?.headers.map(([name]) => name)).not.toContain('millrace.bytes');
    expect(cut?.value).toBe(decoder.decode(value(4096)));
    expect(Object.fromEntries(cut?.headers ?? [])).toEqual({
      'millrace.step': 'decode',
      'millrace.reason': 'broken JSON',
      'millrace.topic': 'events',
      'millrace.partition': '0',
      'millrace.offset': '0',
      'millrace.bytes': String(limit),
      'millrace.sha256': createHash('sha256').update(value(limit)).digest('hex'),
    });
  });

  it('stay below the limit also with a long key, a long reason or no value', () => {
    const rejects = new Rejects(10_000);
    rejects.addTurn(broken({ key: new Uint8Array(20_000), value: null, reason: 'x'.repeat(50_000) }), []);
    const records = rejects.take() as RecordColumns;
    expect(records.bytes.length).toBeLessThan(10_000);
    expect(listed(records)[0]).toMatchObject({ value: null, key: '\0'.repeat(4096) });
    expect(Object.fromEntries(listed(records)[0]?.headers ?? [])['millrace.reason']).toMatch(/^x{1000}\.\.\.$/);
  });

  it('keep a tombstone as one', () => {
    const rejects = new Rejects();
    rejects.addTurn(broken({ value: null }), []);
    expect(listed(rejects.take())).toMatchObject([{ value: null, key: null }]);
  });

  it('are the row as JSON where its record has gone', () => {
    const rejects = new Rejects();
    rejects.addTurn([stretchOf(sourceBatch({ times: [10] }), { firstOrdinal: 5 })], [row(3)]);
    expect(listed(rejects.take())).toMatchObject([
      {
        key: null,
        value: '{"ordinal":3}',
        headers: [
          ['millrace.step', 'validate'],
          ['millrace.reason', 'too high'],
          ['millrace.topic', ''],
        ],
      },
    ]);
  });
});
