import { describe, expect, test } from 'vitest';
import { flagOutliers } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

for (const method of ['zScore', 'iqr', 'hampel'] as const) {
  operatorSuite(`flagOutliers by ${method}`, {
    make: () =>
      flagOutliers<Readings, 'pm25' | 'temperature'>({
        columns: ['pm25', 'temperature'],
        key: 'station',
        method,
        window: 12,
        threshold: 1.5,
      }),
    input: sampleReadings(),
    reads: 'pm25',
  });
}

const values = [10, 11, 9, 10, 10.5, 100, 10, null, Number.NaN, -80, 10];
const input = readings(values.map((pm25, hour) => ({ station: 'a', hour, pm25 })));

describe('flagOutliers', () => {
  test.each(['zScore', 'iqr', 'hampel'] as const)('%s tells the odd ones', (method) => {
    const rows = columnsOf(
      runOperator(() => flagOutliers<Readings, 'pm25'>({ columns: ['pm25'], key: 'station', method, window: 4 }), input).rows(),
    );
    expect(rows[5]?.pm25Outlier).toBe(1);
    expect(rows.slice(0, 5).map(({ pm25Outlier }) => pm25Outlier)).toEqual([0, 0, 0, 0, 0]);
    expect([rows[7]?.pm25Outlier, rows[8]?.pm25Outlier]).toEqual([0, 0]);
  });

  test('the median does not follow an outlier', () => {
    const rows = columnsOf(
      runOperator(() => flagOutliers<Readings, 'pm25'>({ columns: ['pm25'], key: 'station', window: 8 }), input).rows(),
    );
    expect(rows.map(({ pm25Outlier }) => pm25Outlier)).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0]);
  });
});
