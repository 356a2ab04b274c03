import { describe, expect, test } from 'vitest';
import { joinNeighbors } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, OperatorRun, type RowRecord, runOperator } from '../../contract/run-operator.ts';
import { HOUR, type Readings, readings, START, STATIONS, sampleReadings } from '../readings.ts';

const base = sampleReadings();
operatorSuite('joinNeighbors', {
  make: () =>
    joinNeighbors<Readings, (typeof STATIONS)[number], 'pm25' | 'count'>({
      key: 'station',
      keys: STATIONS,
      columns: ['pm25', 'count'],
      tolerance: '2h',
    }),
  input: { ...base, mark: { ordinal: base.batch.numRows, watermark: START + 1e4 * HOUR } },
  reads: 'count',
});

const make = (tolerance: '0h' | '1h' = '0h') =>
  joinNeighbors<Readings, 'a' | 'b', 'pm25'>({ key: 'station', keys: ['a', 'b'], columns: ['pm25'], tolerance });
const seen = (run: { rows(): RowRecord[] }) =>
  run
    .rows()
    .map(({ row, ordinal, sub, availableAt }) => [
      row.station,
      row.pm25_a,
      row.pm25_b,
      ordinal,
      sub,
      ((availableAt as number) - START) / HOUR,
    ]);

describe('joinNeighbors', () => {
  test('rows of a tick go out when all neighbors have reported, or time moves on', () => {
    const input = readings([
      { station: 'a', hour: 0, pm25: 1 },
      { station: 'b', hour: 0, pm25: 2 },
      { station: 'b', hour: 1, pm25: 3 },
      { station: 'c', hour: 1, pm25: 99 },
      { station: 'a', hour: 2, pm25: 4 },
    ]);
    const run = new OperatorRun(() => make()).push(input);
    expect(seen(run)).toEqual([
      ['a', 1, 2, 1, 0, 0],
      ['b', 1, 2, 1, 1, 0],
      ['b', null, 3, 4, 0, 2],
      ['c', null, 3, 4, 1, 2],
    ]);
    expect(run.task.steps[0]?.counters.get('held')).toBe(1);
    expect(run.task.unbalanced()).toEqual([]);
    run.end();
    expect(seen(run).at(-1)).toEqual(['a', 4, null, 4, 2, 2]);
    expect(run.task.unbalanced()).toEqual([]);
  });

  test("a silent neighbor's last value counts within the tolerance", () => {
    const input = readings([
      { station: 'a', hour: 0, pm25: 1 },
      { station: 'b', hour: 0, pm25: 2 },
      { station: 'b', hour: 1, pm25: 3 },
      { station: 'a', hour: 1, pm25: null },
      { station: 'b', hour: 2, pm25: 5 },
    ]);
    const rows = columnsOf(runOperator(() => make('1h'), input).rows());
    expect(rows.map(({ pm25_a, pm25_b }) => [pm25_a, pm25_b])).toEqual([
      [1, 2],
      [1, 2],
      [1, 3],
      [1, 3],
      [null, 5],
    ]);
  });

  test('a late row forms a tick of its own and sees nothing newer than itself', () => {
    const input = readings([
      { station: 'a', hour: 5, pm25: 1 },
      { station: 'b', hour: 4, pm25: 2 },
    ]);
    expect(seen(runOperator(() => make('1h'), input))).toEqual([
      ['a', 1, null, 1, 0, 5],
      ['b', null, 2, 1, 1, 4],
    ]);
  });

  test('released rows keep the watermark they were read with', () => {
    const input = readings([
      { station: 'a', hour: 0, pm25: 1 },
      { station: 'a', hour: 9, pm25: 1 },
    ]);
    expect(runOperator(() => make(), input).rows()[0]?.watermark).toBe(START);
  });

  test('a mark that passes the tick lets it go', () => {
    const input = readings([{ station: 'a', hour: 0, pm25: 1 }]);
    const run = new OperatorRun(() => make()).push(input, {
      ...readings([], { firstOrdinal: 1 }),
      mark: { ordinal: 1, watermark: START + HOUR },
    });
    expect(seen(run)).toEqual([['a', 1, null, 1, 0, 1]]);
  });

  test('refuses a neighbor named twice', () => {
    expect(() => joinNeighbors<Readings, 'a', 'pm25'>({ key: 'station', keys: ['a', 'a'], columns: ['pm25'] })).toThrow('keys');
  });
});
