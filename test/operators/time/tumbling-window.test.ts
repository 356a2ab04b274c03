import fc from 'fast-check';
import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { rolesOf } from '../../../columnar/index.ts';
import {
  count,
  custom,
  distinct,
  first,
  firstString,
  last,
  lastString,
  max,
  mean,
  median,
  min,
  standardDeviation,
  sum,
  topK,
  tumblingWindow,
  variance,
} from '../../../operators/index.ts';
import type { StreamBatch } from '../../../streams/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, OperatorRun, rowsOf, runOperator } from '../../contract/run-operator.ts';
import { HOUR, type Readings, readings, START, sampleReadings } from '../readings.ts';

const spread = {
  initial: [],
  add: (state: readonly number[], value: number) => [...state, value].sort((a, b) => a - b).slice(-3),
  merge: () => [],
  result: (state: readonly number[]) => state[0] ?? Number.NaN,
};
const everything = {
  rows: count(),
  values: count('pm25'),
  total: sum('temperature'),
  average: mean('pm25'),
  least: min('pm25'),
  most: max('count'),
  spread: variance('temperature'),
  deviation: standardDeviation('temperature'),
  opening: first('count'),
  closing: last('count'),
  middle: median('temperature'),
  notes: distinct('note'),
  usual: topK('note', 2),
  firstNote: firstString('note'),
  lastNote: lastString('station'),
  third: custom('temperature', spread),
};

const input = sampleReadings(400, 1, 2);
operatorSuite('tumblingWindow', {
  make: () => tumblingWindow<Readings, typeof everything, 'station'>({ size: '3h', offset: '1h', key: 'station', aggregates: everything }),
  input: { ...input, mark: { ordinal: 400, watermark: START + 200 * HOUR } },
  reads: 'temperature',
});
operatorSuite('tumblingWindow by number', {
  make: () =>
    tumblingWindow<Readings, { rows: typeof everything.rows }, 'count'>({ size: '1h', key: 'count', aggregates: { rows: count() } }),
  input: sampleReadings(),
  reads: 'count',
});

const make = () =>
  tumblingWindow<Readings, { rows: ReturnType<typeof count>; pm25: ReturnType<typeof mean<'pm25'>> }, 'station'>({
    size: '2h',
    key: 'station',
    aggregates: { rows: count(), pm25: mean('pm25') },
  });

describe('tumblingWindow', () => {
  test('puts windows out when the watermark reaches their end, in the place of the row that closed them', () => {
    const run = new OperatorRun(make).push(
      readings([
        { station: 'b', hour: 0, pm25: 1 },
        { station: 'a', hour: 1, pm25: 2 },
        { station: 'b', hour: 1, pm25: null },
        { station: 'b', hour: 2, pm25: 5 },
        { station: null, hour: 9, pm25: 7 },
      ]),
    );
    const hours = (value: unknown) => ((value as number) - START) / HOUR;
    const seen = () =>
      run
        .rows()
        .map(({ row, ordinal, sub, availableAt }) => [
          row.station,
          hours(row.windowStart),
          hours(row.windowEnd),
          row.rows,
          row.pm25,
          ordinal,
          sub,
          hours(availableAt),
        ]);
    expect(seen()).toEqual([
      ['b', 0, 2, 2, 1, 3, 0, 2],
      ['a', 0, 2, 1, 2, 3, 1, 2],
      ['b', 2, 4, 1, 5, 4, 0, 9],
    ]);
    run.end();
    expect(seen().at(-1)).toEqual([null, 8, 10, 1, 7, 4, 1, 10]);
    expect(rolesOf(run.outputs[0]?.batch.schema as never)).toEqual({ eventTime: 'windowTime', key: 'station' });
  });

  test('rows whose window has closed are late, and go to the side output', () => {
    const late: StreamBatch<Readings>[] = [];
    const observer = new Subject<StreamBatch<Readings>>();
    let completed = false;
    observer.subscribe({ next: (batch) => late.push(batch), complete: () => (completed = true) });
    const run = runOperator(
      () => tumblingWindow<Readings, { rows: ReturnType<typeof count> }>({ size: '2h', aggregates: { rows: count() }, late: observer }),
      readings(
        [0, 3, 1, 4, 1, 0].map((hour) => ({ hour, pm25: hour })),
        { lateness: 2 },
      ),
    );
    expect(late.flatMap(rowsOf).map(({ row, ordinal }) => [row.pm25, ordinal])).toEqual([
      [1, 4],
      [0, 5],
    ]);
    expect(completed).toBe(true);
    expect(columnsOf(run.rows()).map(({ rows }) => rows)).toEqual([2, 1, 1]);
    expect(run.task.steps[0]?.counters.get('late')).toBe(2);
  });

  test('a row that leaps years ahead closes everything, and what follows is late', () => {
    const run = runOperator(make, readings([{ hour: 0 }, { hour: 1e6 }, { hour: 1 }, { hour: -1e6 }]));
    expect(columnsOf(run.rows()).map(({ rows }) => rows)).toEqual([1, 1]);
    expect(run.task.steps[0]?.counters.get('late')).toBe(2);
  });

  test('windows of windows: results are never late for a longer window', () => {
    const hourly = runOperator(
      () => tumblingWindow<Readings, { total: ReturnType<typeof sum<'pm25'>> }>({ size: '1h', aggregates: { total: sum('pm25') } }),
      readings([0, 1, 2, 47, 48, 95].map((hour) => ({ hour, pm25: 1 }))),
    );
    const daily = new OperatorRun(() =>
      tumblingWindow<never, Record<string, never>>({ size: '1d', aggregates: { total: sum('total') } as never }),
    );
    daily.push(...(hourly.outputs as never[])).end();
    expect(columnsOf(daily.rows()).map(({ total }) => total)).toEqual([3, 1, 1, 1]);
  });

  test('agrees with grouping all rows at once', () => {
    const row = fc.record({
      station: fc.constantFrom('a', 'b', null),
      hour: fc.integer({ min: 0, max: 40 }),
      pm25: fc.option(fc.integer({ min: -9, max: 9 })),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 80 }), (rows) => {
        const run = runOperator(make, readings(rows, { lateness: 50 }));
        const expected = new Map<string, number[]>();
        for (const { station, hour, pm25 } of rows) {
          const window = `${station} ${Math.floor(hour / 2) * 2}`;
          expected.set(window, [...(expected.get(window) ?? []), ...(pm25 === null ? [] : [pm25])]);
        }
        const seen = new Map(
          columnsOf(run.rows()).map((row) => [`${row.station} ${((row.windowStart as number) - START) / HOUR}`, row.pm25]),
        );
        expect(seen.size).toBe(expected.size);
        for (const [window, values] of expected) {
          const average = values.length === 0 ? null : values.reduce((total, x) => total + x, 0) / values.length;
          expect(seen.get(window)).toEqual(average);
        }
      }),
    );
  });

  test('keys without an open window are forgotten: a million keys leave no trace in the state', () => {
    const run = new OperatorRun(() =>
      tumblingWindow<Readings, { rows: ReturnType<typeof count> }, 'count'>({ size: '1h', key: 'count', aggregates: { rows: count() } }),
    );
    const perBatch = 20_000;
    for (let batch = 0; batch < 10; batch++) {
      run.push(
        readings(
          Array.from({ length: perBatch }, (_, i) => ({ hour: batch, count: batch * perBatch + i })),
          { firstOrdinal: batch * perBatch },
        ),
      );
    }
    run.push(readings([{ hour: 99, count: 1 }], { firstOrdinal: 1e6 }));
    expect(run.rows().length).toBe(10 * perBatch);
    expect(run.task.snapshot().get('tumblingWindow')?.bytes.length).toBeLessThan(300);
  });
});
