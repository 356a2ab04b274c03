import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeHeaders, RecordWriter } from '../../connectors/index.ts';
import { MillraceProcess, type ProcessEnd } from '../pipeline/crash/millrace-process.ts';
import { imbalances, type WrittenSummary } from './ledger-balance.ts';
import { recordsIn, type TopicRecord, withLog } from './topic-records.ts';

const FILE = fileURLToPath(new URL('./station-readings.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'millrace-bad-records-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HOUR = 3_600_000;
const encoder = new TextEncoder();
const bytesOf = (text: string) => encoder.encode(text);
const reading = (hour: number, fields: object = {}) =>
  JSON.stringify({ station: 'Dingling', at: hour * HOUR, pm25: 4, temperature: -2.3, ...fields });

interface Case {
  readonly value: Uint8Array | null;
  /** Undefined: the main job takes it. */
  readonly rejected?: { readonly step: string; readonly reason: RegExp };
}

const decode = (reason: RegExp) => ({ step: 'decode', reason });
const validate = (reason: RegExp) => ({ step: 'validate', reason });

/** What comes in, in this order. */
const CASES: readonly Case[] = [
  { value: bytesOf(reading(0)) },
  { value: bytesOf('{"station":"Dingling","at":'), rejected: decode(/^broken JSON: .*character 27/) },
  { value: bytesOf(reading(1) + reading(2)), rejected: decode(/^broken JSON: .*expected the end/) },
  { value: bytesOf(reading(1, { pm25: 'abc' })), rejected: decode(/^column 'pm25': expected a float64 number, found "abc"/) },
  { value: bytesOf(reading(1, { station: 7 })), rejected: decode(/^column 'station': expected a string, found 7/) },
  { value: bytesOf(reading(1, { at: undefined })), rejected: decode(/^column 'at' is required and missing/) },
  { value: bytesOf(reading(1, { at: null })), rejected: decode(/^column 'at' is required and null/) },
  { value: bytesOf(reading(1, { at: 'yesterday' })), rejected: decode(/^column 'at': expected an instant .*found "yesterday"/) },
  { value: bytesOf('[1,2]'), rejected: decode(/^expected an object, found an array/) },
  { value: bytesOf(''), rejected: decode(/^empty value/) },
  { value: Uint8Array.of(0xff, 0xfe, 0x7b), rejected: decode(/^invalid UTF-8/) },
  { value: null, rejected: decode(/^no value \(a tombstone\)/) },
  {
    value: bytesOf(reading(1, { station: 'Atlantis' })),
    rejected: validate(/^column 'station' is 'Atlantis', must be one of Aotizhongxin, /),
  },
  { value: bytesOf(reading(1, { pm25: 99_999 })), rejected: validate(/^column 'pm25' is 99999, must be from 0 to 2000/) },
  { value: bytesOf(reading(0)) },
  { value: bytesOf(reading(1)) },
];

async function publish(state: string, values: readonly (Uint8Array | null)[]): Promise<void> {
  await withLog(state, async (home) => {
    await home.topics.ensure('readings', { partitions: 1 });
    const headers = encodeHeaders([{ key: 'gateway', value: bytesOf('g7') }]);
    for (const [offset, value] of values.entries()) {
      const writer = new RecordWriter();
      writer.value(value);
      writer.endRecord({ key: bytesOf(`k${offset}`), timestamp: 5000 + offset, headers });
      await home.topics.append('readings', 0, writer.finish());
    }
  });
}

const run = (state: string, env: Readonly<Record<string, string>> = {}) =>
  new MillraceProcess(['run', FILE, '--drain', '--state', state, '--summary', join(state, 'summary.json')], { env }).end;
const summaryIn = (state: string) => JSON.parse(readFileSync(join(state, 'summary.json'), 'utf8')) as WrittenSummary;

describe('records that the main job cannot take', () => {
  const state = join(folder, 'small');
  let end: ProcessEnd;
  let rejects: readonly TopicRecord[];

  beforeAll(async () => {
    await publish(
      state,
      CASES.map(({ value }) => value),
    );
    end = await run(state);
    rejects = await withLog(state, (home) => recordsIn(home, 'rejects'));
  }, 60_000);

  test('do not stop it; the ledger adds up and the summary shows them', () => {
    expect(end).toMatchObject({ code: 0, stderr: '' });
    const summary = summaryIn(state);
    expect(imbalances(summary)).toEqual([]);
    expect(summary).toMatchObject({ rowsIn: 16, rowsRejected: 13, rowsDropped: 1, predictions: 6 });
    expect(summary.ledger).toMatchObject({
      validate: { rejected: 2 },
      dedupe: { 'dropped:duplicate': 1 },
      'source readings': { rejected: 11 },
    });
    expect(end.stdout).toMatch(/^ {2}rejected +13$/m);
  });

  test('are in rejects in the order in which they came, as they came, with step, reason and origin', () => {
    const expected = CASES.flatMap(({ value, rejected }, offset) => (rejected === undefined ? [] : [{ value, offset, ...rejected }]));
    expect(rejects).toHaveLength(expected.length);
    for (const [index, { value, offset, step, reason }] of expected.entries()) {
      expect(rejects[index]).toEqual({
        key: `k${offset}`,
        value,
        timestamp: 5000 + offset,
        headers: {
          gateway: 'g7',
          'millrace.step': step,
          'millrace.reason': expect.stringMatching(reason),
          'millrace.topic': 'readings',
          'millrace.partition': '0',
          'millrace.offset': String(offset),
        },
      });
    }
  });
});

describe('a record of 100 MB', () => {
  test('is rejected with head, length, hash and origin, in bounded memory', { timeout: 120_000 }, async () => {
    const state = join(folder, 'large');
    const large = Buffer.alloc(100_000_000, 'readings without end ');
    await publish(state, [bytesOf(reading(0)), large, bytesOf(reading(1))]);
    const peakFile = join(folder, 'peak');
    const preload = join(folder, 'peak.mjs');
    writeFileSync(
      preload,
      `import { writeFileSync } from 'node:fs';\nprocess.on('exit', () => writeFileSync(${JSON.stringify(peakFile)}, String(process.resourceUsage().maxRSS)));\n`,
    );
    const end = await run(state, { NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` });
    expect(end).toMatchObject({ code: 0, stderr: '' });
    const [reject, ...others] = await withLog(state, (home) => recordsIn(home, 'rejects'));
    expect(others).toEqual([]);
    expect(reject).toEqual({
      key: 'k1',
      value: new Uint8Array(large.subarray(0, 4096)),
      timestamp: 5001,
      headers: {
        'millrace.step': 'decode',
        'millrace.reason': expect.stringMatching(/^100000000 bytes, more than the limit of \d+/),
        'millrace.topic': 'readings',
        'millrace.partition': '0',
        'millrace.offset': '1',
        'millrace.bytes': '100000000',
        'millrace.sha256': createHash('sha256').update(large).digest('hex'),
      },
    });
    const summary = summaryIn(state);
    expect(imbalances(summary)).toEqual([]);
    expect(summary).toMatchObject({ rowsIn: 3, rowsRejected: 1, predictions: 6 });
    // In KiB. The program itself takes about 150 MB; the record is there as it was read, and as it was stored.
    expect(Number(readFileSync(peakFile, 'utf8')) * 1024).toBeLessThan(700_000_000);
  });
});
