import { describe, expect, test } from 'vitest';
import { describe as describeStream } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('describe', {
  make: () => describeStream<Readings, 'station'>({ columns: ['pm25', 'count'], key: 'station', every: 70 }),
  input: sampleReadings(),
  reads: 'count',
});

describe('describe', () => {
  test('statistics so far, after every n rows and at the end', () => {
    const input = readings([1, 2, 3, null, 5].map((pm25, hour) => ({ hour, pm25 })));
    const run = runOperator(() => describeStream<Readings>({ columns: ['pm25'], every: 2 }), input);
    expect(run.rows().map(({ row, ordinal }) => [ordinal, row.count, row.missing, row.mean, row.min, row.max])).toEqual([
      [1, 2, 0, 1.5, 1, 2],
      [3, 3, 0.25, 2, 1, 3],
      [4, 4, 0.2, 2.75, 1, 5],
    ]);
    expect(columnsOf(run.rows())[0]?.column).toBe('pm25');
  });
});
