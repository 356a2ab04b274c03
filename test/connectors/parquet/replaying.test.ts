import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { float64, int64, required, schema, timestamp } from '../../../columnar/index.ts';
import type { Position } from '../../../connectors/contract/index.ts';
import {
  parquet,
  progressLine,
  type ReplayClock,
  type ReplayOptions,
  ReplayProgress,
  replaying,
} from '../../../connectors/parquet/index.ts';
import { readAll } from './read-all.ts';
import { range, readingBatch, readings, temporaryFolder, writeSample } from './sample-files.ts';

const folder = temporaryFolder();
const START = 1_700_000_000_000;
const MINUTE = 60_000;
const ROWS = 400;
/** Four rows a minute. */
const timeOf = (n: number) => START + Math.floor(n / 4) * MINUTE;
const path = writeSample(join(folder, 'readings.parquet'), readingBatch(range(0, ROWS), timeOf), 90);
const replayed = (options: ReplayOptions) => replaying(parquet(path, { schema: readings, decodeIn: 'caller' }), options) as never;
const counts = (read: { rows: readonly unknown[][] }) => read.rows.map((row) => Number(row[3]));
const timesOf = (read: { rows: readonly unknown[][] }) => read.rows.map((row) => Number(row[1]));

describe('order of arrival', () => {
  test('undisturbed it is the order of the rows', async () => {
    expect(counts(await readAll(replayed({ speed: 'max' })))).toEqual(range(0, ROWS));
    expect(counts(await readAll(replayed({ loop: 1, duplicate: 0, seed: 7, speed: '1000000000x' })))).toEqual(range(0, ROWS));
  });

  test('shuffled rows stay within their span of event time, and all arrive', async () => {
    const read = await readAll(replayed({ shuffleWithin: '5m' }));
    expect(counts(read)).not.toEqual(range(0, ROWS));
    expect([...counts(read)].sort((left, right) => left - right)).toEqual(range(0, ROWS));
    const spans = timesOf(read).map((time) => Math.floor(time / (5 * MINUTE)));
    expect(spans).toEqual([...spans].sort((left, right) => left - right));
  });

  test('with jitter no row arrives before another that is more than the jitter younger', async () => {
    const times = timesOf(await readAll(replayed({ jitter: '7m' })));
    expect(times.length).toBe(ROWS);
    let newest = 0;
    let late = 0;
    for (const time of times) {
      expect(newest - time).toBeLessThanOrEqual(7 * MINUTE);
      if (time < newest) late++;
      newest = Math.max(newest, time);
    }
    expect(late).toBeGreaterThan(ROWS / 4);
  });

  test('about the wanted share of rows arrives twice', async () => {
    const read = counts(await readAll(replayed({ duplicate: 0.25 })));
    const twice = read.length - ROWS;
    expect(new Set(read).size).toBe(ROWS);
    expect(twice).toBeGreaterThan(60);
    expect(twice).toBeLessThan(140);
    expect(counts(await readAll(replayed({ duplicate: 0.25 })))).toEqual(read);
    expect(counts(await readAll(replayed({ duplicate: 0.25, seed: 2 })))).not.toEqual(read);
  });

  test('in a loop event time goes on by the same steps', async () => {
    const read = await readAll(replayed({ loop: 3 }));
    expect(counts(read)).toEqual([...range(0, ROWS), ...range(0, ROWS), ...range(0, ROWS)]);
    expect(timesOf(read)).toEqual(range(0, 3 * ROWS).map(timeOf));
  });

  test('cut and resumed anywhere, under any budget, the same rows arrive in the same order', async () => {
    const disturbances: ReplayOptions[] = [
      { jitter: '9m', duplicate: 0.2 },
      { shuffleWithin: '13m', loop: 2 },
      { shuffleWithin: '3m', jitter: '4m', duplicate: 0.5, loop: 3 },
    ];
    for (const options of disturbances) {
      const whole = await readAll(replayed(options));
      const cuts = fc.tuple(
        fc.nat(whole.rows.length),
        fc.nat(whole.rows.length),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 }),
      );
      await fc.assert(
        fc.asyncProperty(cuts, async ([one, other, budgets]) => {
          let turn = 0;
          const budget = () => ({ rows: budgets[turn++ % budgets.length] as number, bytes: 1e9 });
          const positionAt = async (rows: number) => {
            let seen = 0;
            let position: Awaited<ReturnType<typeof readAll>>['position'];
            const source = (replayed(options) as ReturnType<typeof replaying>).create();
            await source.open(0, undefined);
            while (seen < rows) {
              const batch = await source.next({ rows: Math.min(rows - seen, 77), bytes: 1e9 });
              if (typeof batch === 'string') break;
              seen += batch.batch.numRows;
              position = batch.position;
            }
            await source.close();
            return position;
          };
          const [from, to] = [Math.min(one, other), Math.max(one, other)];
          const until = to === 0 ? undefined : await positionAt(to);
          const position = from === 0 ? undefined : await positionAt(from);
          const read = await readAll(replayed(options), { position, until, budget });
          expect(read.rows).toEqual(whole.rows.slice(from, until === undefined ? undefined : to));
        }),
        { numRuns: 8 },
      );
    }
  });

  test('a rejected row is told once, with the row after it, also when resumed', async () => {
    const strict = schema({ at: required(timestamp()), value: required(float64()), count: int64() }, { eventTime: 'at' });
    const source = () => replaying(parquet(path, { schema: strict, decodeIn: 'caller' }), { jitter: '5m' }) as never;
    const whole = await readAll(source());
    const expected = range(0, ROWS).filter((n) => n % 7 === 3);
    const offsets = (read: typeof whole) => read.rejects.map((reject) => reject.record.offset);
    expect(offsets(whole).sort((left, right) => left - right)).toEqual(expected);
    expect(whole.records).toBe(ROWS);
    for (const rows of [1, 5, 80, 200, 342]) {
      const first = (source() as ReturnType<typeof replaying>).create();
      await first.open(0, undefined);
      const batch = await first.next({ rows, bytes: 1e9 });
      await first.close();
      if (typeof batch === 'string') throw new Error('rows were expected');
      const until = await readAll(source(), { until: batch.position, budget: () => ({ rows: 13, bytes: 1e9 }) });
      expect(until.rows.length).toBe(batch.batch.numRows);
      expect(offsets(until)).toEqual(batch.rejects.map((reject) => reject.record.offset));
      const rest = await readAll(source(), { position: batch.position });
      expect([...offsets(until), ...offsets(rest)].sort((left, right) => left - right)).toEqual(expected);
    }
  });
});

/** A clock that moves only when it is waited for. */
function virtualClock(): ReplayClock & { readonly waits: number[] } {
  let now = 5_000;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds;
    },
  };
}

describe('pace', () => {
  test.each([
    ['realtime', 1],
    ['60x', 60],
    ['0.5x', 0.5],
  ] as const)('at %s rows arrive when they are due, and never before', async (speed, factor) => {
    const clock = virtualClock();
    const source = replaying(parquet(path, { schema: readings, decodeIn: 'caller' }), { speed, clock }).create();
    await source.open(0, undefined);
    const arrivals: [number, number][] = [];
    for (let batch = await source.next({ rows: 50, bytes: 1e9 }); batch !== 'end'; batch = await source.next({ rows: 50, bytes: 1e9 })) {
      if (batch === 'idle') continue;
      for (const n of batch.offset) arrivals.push([n, clock.now()]);
    }
    await source.close();
    expect(arrivals.map(([n]) => n)).toEqual(range(0, ROWS));
    for (const [n, wall] of arrivals) expect(wall - 5_000).toBeCloseTo((timeOf(n) - START) / factor, 6);
    expect(Math.max(...clock.waits)).toBeLessThanOrEqual(100);
  });

  test('options are checked', () => {
    const source = parquet(path, { schema: readings });
    expect(() => replaying(source, { speed: 'fast' as never })).toThrow('expected max, realtime or a factor such as 60x');
    expect(() => replaying(source, { speed: '0x' })).toThrow('above 0');
    expect(() => replaying(source, { duplicate: 2 })).toThrow('duplicate');
    expect(() => replaying(parquet(path, { columns: ['value'] }), { speed: '2x' }).create()).toThrow('needs an event-time column');
  });

  test('progress tells rows, event time and time left', async () => {
    const progress = new ReplayProgress(0);
    const lines: string[] = [];
    await readAll(replayed({ speed: 'max' }), {
      budget: () => ({ rows: 100, bytes: 1e9 }),
      seen: (batch) => lines.push(progressLine(progress.update(batch, (lines.length + 1) * 1_000), 70)),
    });
    expect(lines[0]).toMatch(/^\[#+\.+\] {2}25 % {2}100 rows {2}2023-11-14T22:37Z {2}3 s left$/);
    expect(lines.at(-1)).toMatch(/^\[#+\] 100 % {2}400 rows {2}2023-11-14T23:52Z {2}0 s left$/);
    expect(lines.every((line) => line.length === 70)).toBe(true);
  });
});

test('a replay goes on in the order in which it was begun, or not at all', async () => {
  const begun = replayed({ jitter: '5m', seed: 3 });
  const positions: Position[] = [];
  await readAll(begun, { budget: () => ({ rows: 40, bytes: 1e9 }), values: false, seen: (batch) => positions.push(batch.position) });
  const position = positions[0];
  const message = `the replay of '${path}' was begun with another seed, jitter, shuffleWithin or duplicate`;
  for (const other of [
    { jitter: '5m', seed: 4 },
    { jitter: '6m', seed: 3 },
    { jitter: '5m', seed: 3, duplicate: 0.5 },
    { speed: 'max' },
    { loop: 2 },
  ] as ReplayOptions[]) {
    await expect(readAll(replayed(other), { position })).rejects.toMatchObject({ code: 'INVALID_OPTION', message });
    await expect(readAll(replayed(other), { until: position })).rejects.toMatchObject({ code: 'INVALID_OPTION', message });
  }
  expect((await readAll(replayed({ jitter: '5m', seed: 3, speed: '1000000x' }), { position })).rows.length).toBeGreaterThan(0);
});

test('the rows of passes to come count as waiting', async () => {
  const lags: number[] = [];
  await readAll(replayed({ loop: 3 }), { values: false, seen: (batch) => lags.push(batch.lag + batch.batch.numRows) });
  expect(lags[0]).toBe(3 * ROWS);
  expect(lags).toEqual([...lags].sort((left, right) => right - left));
});

test('rows that are repeated after a restart are not paced: they were due before', async () => {
  const waits: number[] = [];
  const clock: ReplayClock = { now: () => 0, wait: async (milliseconds) => void waits.push(milliseconds) };
  const opened = async (options: ReplayOptions) => {
    const source = replaying(parquet(path, { schema: readings, decodeIn: 'caller' }), options).create();
    await source.open(0, undefined);
    return source;
  };
  // A second pass changes nothing of the first but that positions are those of a replay.
  const before = await (await opened({ loop: 2 })).next({ rows: ROWS, bytes: 1e9 });
  if (typeof before === 'string') throw new Error(`expected rows, not ${before}`);
  const again = await opened({ speed: 'realtime', clock });
  const repeated = await again.next({ rows: ROWS, bytes: 1e9, until: before.position });
  expect(typeof repeated === 'string' ? repeated : repeated.batch.numRows).toBeGreaterThan(4);
  expect(waits).toEqual([]);
  // Live, the same replay waits.
  const live = await opened({ speed: 'realtime', clock });
  await live.next({ rows: 4, bytes: 1e9 });
  await live.next({ rows: 4, bytes: 1e9 });
  expect(waits.length).toBeGreaterThan(0);
});
