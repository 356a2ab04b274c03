import { describe, expect, test } from 'vitest';
import { resample } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { HOUR, type Readings, readings, START, sampleReadings } from '../readings.ts';

for (const method of ['linear', 'last'] as const) {
  operatorSuite(`resample by ${method}`, {
    make: () =>
      resample<Readings, 'pm25' | 'count', 'station'>({ every: '45m', columns: ['pm25', 'count'], key: 'station', gap: '3h', method }),
    input: sampleReadings(),
    reads: 'count',
  });
}

describe('resample', () => {
  const grid = (rows: Parameters<typeof readings>[0], method: 'linear' | 'last', gap: `${number}h` = '6h') =>
    columnsOf(runOperator(() => resample<Readings, 'pm25'>({ every: '1h', columns: ['pm25'], method, gap }), readings(rows)).rows()).map(
      (row) => [((row.at as number) - START) / HOUR, row.pm25],
    );
  const rows = [
    { hour: 0.5, pm25: 0 },
    { hour: 2.5, pm25: 20 },
    { hour: 2, pm25: 99 },
    { hour: 3, pm25: null },
    { hour: 4, pm25: 40 },
    { hour: 12, pm25: 50 },
  ];

  test('linear', () => {
    expect(grid(rows, 'linear')).toEqual([
      [1, 5],
      [2, 15],
      [3, null],
      [4, 40],
      [12, 50],
    ]);
  });

  test('last', () => {
    expect(grid(rows, 'last')).toEqual([
      [1, 0],
      [2, 0],
      [3, null],
      [4, 40],
      [12, 50],
    ]);
  });

  test('a gap is not bridged, but a long enough one is', () => {
    expect(grid(rows, 'linear', '8h').map(([hour]) => hour)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });
});
