import { describe, expect, test } from 'vitest';
import { clipOutliers } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('clipOutliers', {
  make: () => clipOutliers<Readings, 'pm25' | 'count'>({ columns: ['pm25', 'count'], key: 'station', window: 12, threshold: 1 }),
  input: sampleReadings(),
  reads: 'count',
});

describe('clipOutliers', () => {
  test('cuts to the nearest value that is none', () => {
    const input = readings([10, 12, 8, 10, 100, -100, null].map((pm25, hour) => ({ hour, pm25 })));
    const rows = columnsOf(
      runOperator(() => clipOutliers<Readings, 'pm25'>({ columns: ['pm25'], method: 'iqr', window: 4, threshold: 2 }), input).rows(),
    );
    // Quartiles of 8, 10, 10, 12 are 9.5 and 10.5; of 8, 10, 12, 100 they are 9.5 and 34.
    expect(rows.map(({ pm25 }) => pm25)).toEqual([10, 12, 8, 10, 12.5, -39.5, null]);
  });
});
