import { describe, expect, test } from 'vitest';
import { difference } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('difference', {
  make: () => difference<Readings, 'pm25' | 'count', 1 | 5>({ columns: ['pm25', 'count'], key: 'station', steps: [1, 5] }),
  input: sampleReadings(),
  reads: 'count',
});

describe('difference', () => {
  test('tells the change since rows of the same key', () => {
    const input = readings([1, 10, 4, 20, 9, 40].map((pm25, hour) => ({ station: hour % 2 === 0 ? 'a' : 'b', hour, pm25 })));
    const rows = columnsOf(
      runOperator(() => difference<Readings, 'pm25', 1 | 2>({ columns: ['pm25'], key: 'station', steps: [1, 2] }), input).rows(),
    );
    expect(rows.map(({ pm25Diff1, pm25Diff2 }) => [pm25Diff1, pm25Diff2])).toEqual([
      [null, null],
      [null, null],
      [3, null],
      [10, null],
      [5, 8],
      [20, 30],
    ]);
  });

  test('is null where the value or the one before is missing', () => {
    const input = readings([1, null, 3, 4].map((pm25, hour) => ({ hour, pm25 })));
    const rows = columnsOf(runOperator(() => difference<Readings, 'pm25', 1>({ columns: ['pm25'], steps: [1] }), input).rows());
    expect(rows.map(({ pm25Diff1 }) => pm25Diff1)).toEqual([null, null, null, 1]);
  });
});
