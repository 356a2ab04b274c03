/** Windows, joins and aggregates against duckdb on the same seeded data; scripts/operator-goldens.py recorded it. */
import { readFileSync } from 'node:fs';
import { expect, describe as group, test } from 'vitest';
import {
  correlation,
  count,
  describe,
  distinct,
  first,
  hoppingWindow,
  intervalJoin,
  joinAsOf,
  lag,
  last,
  max,
  mean,
  min,
  quantile,
  rolling,
  sessionWindow,
  standardDeviation,
  sum,
  tumblingWindow,
  variance,
} from '../../operators/index.ts';
import type { StreamBatch } from '../../streams/index.ts';
import { JoinRun } from '../contract/run-join.ts';
import { columnsOf, reslice, runOperator } from '../contract/run-operator.ts';
import { HOUR, type Readings, readings, START } from './readings.ts';

type Cell = string | number | null;
const lines = readFileSync(new URL('./goldens.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const goldens = new Map(lines.map((line) => JSON.parse(line) as { name: string; rows: Cell[][] }).map(({ name, rows }) => [name, rows]));
const golden = (name: string) => goldens.get(name) as Cell[][];

const hourOf = (time: Cell | undefined) => (time as number) / HOUR;
const input = readings(
  golden('readings').map(([station, time, value, number, word]) => ({
    station: station as string | null,
    hour: hourOf(time),
    pm25: value as number | null,
    count: number as number,
    note: word as string,
  })),
);
const slices = reslice(input, 100);
/** Times of the goldens count from the epoch, those of the readings from START. */
const since = (time: unknown) => (time as number) - START;

/** Equal but for rounding: duckdb adds in another order. */
function expectRows(found: readonly (readonly unknown[])[], expected: readonly (readonly unknown[])[]): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((row, index) => {
    row.forEach((cell, column) => {
      const seen = found[index]?.[column];
      if (typeof cell !== 'number' || typeof seen !== 'number') expect([index, column, seen]).toEqual([index, column, cell]);
      else
        expect(Math.abs(seen - cell), `row ${index} column ${column}: ${seen} against ${cell}`).toBeLessThanOrEqual(
          1e-9 * Math.max(1, Math.abs(cell)),
        );
    });
  });
}

const text = (value: unknown) => (value === null ? '~' : String(value));
/** By window, then key with null last, as duckdb orders them. */
const byWindow = (rows: unknown[][]) => rows.sort((a, b) => (a[0] as number) - (b[0] as number) || (text(a[1]) < text(b[1]) ? -1 : 1));

group('against duckdb', () => {
  test('tumbling windows and their aggregates', () => {
    const aggregates = {
      rows: count(),
      values: count('pm25'),
      total: sum('pm25'),
      average: mean('pm25'),
      least: min('pm25'),
      most: max('pm25'),
      variance: variance('pm25'),
      deviation: standardDeviation('pm25'),
      opening: first('pm25'),
      closing: last('pm25'),
      middle: quantile('pm25', 0.5),
      high: quantile('pm25', 0.9),
      different: distinct('count'),
      correlation: correlation('pm25', 'count'),
    };
    const make = () => tumblingWindow<Readings, typeof aggregates, 'station'>({ size: '6h', key: 'station', aggregates });
    const found = columnsOf(runOperator(make, ...slices).rows()).map((row) => [
      since(row.windowStart),
      row.station,
      ...Object.keys(aggregates).map((name) => row[name]),
    ]);
    const exact = (rows: readonly unknown[][]) => byWindow(rows.map((row) => [...row.slice(0, 12), row[14], row[15]]));
    expectRows(exact(found), exact(golden('tumbling')));
  });

  test('quantiles of all values lie within 1 %', () => {
    const values = golden('readings')
      .flatMap(([, , value]) => (typeof value === 'number' ? [value] : []))
      .sort((a, b) => a - b);
    const aggregates = { low: quantile('pm25', 0.05), middle: quantile('pm25', 0.5), high: quantile('pm25', 0.99) };
    const rows = columnsOf(runOperator(() => tumblingWindow<Readings, typeof aggregates>({ size: '3650d', aggregates }), input).rows());
    expect(rows.length).toBe(1);
    for (const [name, q] of [
      ['low', 0.05],
      ['middle', 0.5],
      ['high', 0.99],
    ] as const) {
      const exact = values[Math.floor(q * (values.length - 1))] as number;
      expect(Math.abs((rows[0]?.[name] as number) - exact)).toBeLessThanOrEqual(0.0101 * Math.abs(exact));
    }
  });

  test('hopping windows', () => {
    const aggregates = { rows: count(), total: sum('pm25'), variance: variance('pm25'), least: min('pm25') };
    const make = () => hoppingWindow<Readings, typeof aggregates, 'station'>({ size: '12h', slide: '4h', key: 'station', aggregates });
    const found = columnsOf(runOperator(make, ...slices).rows()).map((row) => [
      since(row.windowStart),
      row.station,
      row.rows,
      row.total,
      row.variance,
      row.least,
    ]);
    expectRows(byWindow(found), byWindow(golden('hopping')));
  });

  test('sessions', () => {
    const aggregates = { rows: count(), average: mean('pm25') };
    const make = () => sessionWindow<Readings, typeof aggregates, 'station'>({ gap: '3h', key: 'station', aggregates });
    const found = columnsOf(runOperator(make, ...slices).rows()).map((row) => [
      since(row.windowStart),
      since(row.windowEnd) - 3 * HOUR,
      row.station,
      row.rows,
      row.average,
    ]);
    const order = (rows: unknown[][]) =>
      rows.sort((a, b) => (a[1] as number) - (b[1] as number) || (a[0] as number) - (b[0] as number) || (text(a[2]) < text(b[2]) ? -1 : 1));
    expectRows(order(found), order(golden('sessions')));
  });

  test('rolling statistics', () => {
    const make = () =>
      rolling<Readings, 'pm25', 'Mean' | 'Min' | 'Max'>({ columns: ['pm25'], key: 'station', rows: 5, statistics: ['Mean', 'Min', 'Max'] });
    const found = columnsOf(runOperator(make, ...slices).rows()).map((row, index) => [index, row.pm25Mean, row.pm25Min, row.pm25Max]);
    expectRows(found, golden('rolling'));
  });

  test('lags', () => {
    const make = () => lag<Readings, 'pm25', 1 | 3>({ columns: ['pm25'], key: 'station', steps: [1, 3] });
    expectRows(
      columnsOf(runOperator(make, ...slices).rows()).map((row, index) => [index, row.pm25Lag1, row.pm25Lag3]),
      golden('lag'),
    );
  });

  test('describe', () => {
    const rows = columnsOf(runOperator(() => describe<Readings, 'station'>({ columns: ['pm25'], key: 'station' }), ...slices).rows());
    const found = rows.map((row) => [row.station, row.count, row.mean, row.deviation, row.min, row.max]);
    expectRows(
      found.sort((a, b) => (text(a[0]) < text(b[0]) ? -1 : 1)),
      golden('describe'),
    );
  });
});

/** Readings and quotes with ordinals by time, as a task merges them; equal times take the quote first. */
function merged(): [StreamBatch, StreamBatch] {
  const quotes = readings(
    golden('quotes').map(([station, time, price]) => ({ station: station as string, hour: hourOf(time), temperature: price as number })),
  );
  const all = [
    ...golden('readings').map(([, time]) => ({ time: time as number, input: 1 })),
    ...golden('quotes').map(([, time]) => ({ time: time as number, input: 0 })),
  ];
  const places = all.map((row, index) => ({ ...row, index })).sort((a, b) => a.time - b.time || a.input - b.input || a.index - b.index);
  const ordinals = (wanted: number) => Float64Array.from(places.flatMap(({ input: from }, ordinal) => (from === wanted ? [ordinal] : [])));
  return [
    { ...input, ordinal: ordinals(1) },
    { ...quotes, ordinal: ordinals(0) },
  ];
}

group('joins against duckdb', () => {
  test.each(['backward', 'forward'] as const)('as of, %s', (direction) => {
    const [left, right] = merged();
    const run = new JoinRun(
      ([l, r]) =>
        joinAsOf(
          r as never,
          { key: 'station', columns: ['temperature'], prefix: 'quote_', direction, tolerance: '8h' } as never,
        )(l as never) as never,
      2,
    );
    const found = columnsOf(run.push([left, right], 100).end().rows()).map((row) => [row.at, row.station, row.pm25, row.quote_temperature]);
    const expected = golden(direction).map(([id, price]) => {
      const [station, time, value] = golden('readings')[id as number] as Cell[];
      // duckdb joins no null keys, and there is no quote without a station.
      return [(time as number) + START, station, value, price];
    });
    expectRows(found, expected);
  });

  test('within an interval', () => {
    const [left, right] = merged();
    const run = new JoinRun(
      ([l, r]) =>
        intervalJoin(
          r as never,
          { key: 'station', columns: ['temperature'], prefix: 'quote_', after: '-1h', before: '2h' } as never,
        )(l as never) as never,
      2,
    );
    const found = columnsOf(run.push([left, right], 100).end().rows()).map(
      (row) => `${row.at} ${row.station} ${row.pm25} ${row.quote_temperature}`,
    );
    const expected = golden('interval').map(([id, price]) => {
      const [station, time, value] = golden('readings')[id as number] as Cell[];
      return `${(time as number) + START} ${station} ${value} ${price}`;
    });
    expect(found.sort()).toEqual(expected.sort());
  });
});
