import { describe, expect, test } from 'vitest';
import { interpolate } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('interpolate', {
  make: () => interpolate<Readings, 'pm25' | 'count'>({ columns: ['pm25', 'count'], key: 'station', limit: 4 }),
  input: sampleReadings(),
  reads: 'count',
});

const gaps = (values: readonly (number | null)[]) => readings(values.map((pm25, hour) => ({ station: 'a', hour, pm25 })));
const run = (values: readonly (number | null)[], limit = 24) =>
  runOperator(() => interpolate<Readings, 'pm25'>({ columns: ['pm25'], key: 'station', limit }), gaps(values));

describe('interpolate', () => {
  test('fills with the straight line between the neighbors of the key', () => {
    const rows = run([null, 0, null, null, 30, null, 10, Number.NaN]).rows();
    expect(columnsOf(rows).map(({ pm25, pm25Imputed }) => [pm25, pm25Imputed])).toEqual([
      [null, 0],
      [0, 0],
      [10, 1],
      [20, 1],
      [30, 0],
      [20, 1],
      [10, 0],
      [null, 0],
    ]);
  });

  test('rows wait, in the place and at the time of the row that lets them go', () => {
    const rows = run([0, null, 2]).rows();
    expect(rows.map(({ ordinal, sub }) => [ordinal, sub])).toEqual([
      [0, 0],
      [2, 0],
      [2, 1],
    ]);
    expect(rows[1]?.availableAt).toBe(rows[2]?.row.at);
    expect(rows[1]?.watermark).toBeLessThanOrEqual(rows[1]?.row.at as number);
  });

  test('no more than limit rows wait', () => {
    expect(columnsOf(run([0, null, null, null, 40], 2).rows()).map(({ pm25 }) => pm25)).toEqual([0, null, 20, 30, 40]);
  });

  test('other keys pass', () => {
    const input = readings([
      { station: 'a', hour: 0, pm25: 1 },
      { station: 'a', hour: 1 },
      { station: 'b', hour: 1, pm25: 5 },
      { station: 'a', hour: 2, pm25: 3 },
    ]);
    const rows = runOperator(() => interpolate<Readings, 'pm25'>({ columns: ['pm25'], key: 'station' }), input).rows();
    expect(columnsOf(rows).map(({ station, pm25 }) => [station, pm25])).toEqual([
      ['a', 1],
      ['b', 5],
      ['a', 2],
      ['a', 3],
    ]);
    expect(rows[1]?.watermark).toBeLessThanOrEqual(rows[2]?.row.at as number);
  });
});
