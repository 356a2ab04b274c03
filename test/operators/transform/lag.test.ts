import { describe, expect, test } from 'vitest';
import { lag } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('lag', {
  make: () => lag<Readings, 'pm25' | 'count', 1 | 5>({ columns: ['pm25', 'count'], key: 'station', steps: [1, 5] }),
  input: sampleReadings(),
  reads: 'count',
});

describe('lag', () => {
  test('looks back by rows of the same key', () => {
    const input = readings([1, 2, 3, 4, 5, 6].map((pm25, hour) => ({ station: hour % 2 === 0 ? 'a' : 'b', hour, pm25 })));
    const rows = columnsOf(
      runOperator(() => lag<Readings, 'pm25', 1 | 2>({ columns: ['pm25'], key: 'station', steps: [2, 1] }), input).rows(),
    );
    expect(rows.map(({ pm25Lag1, pm25Lag2 }) => [pm25Lag1, pm25Lag2])).toEqual([
      [null, null],
      [null, null],
      [1, null],
      [2, null],
      [3, 1],
      [4, 2],
    ]);
  });

  test('missing values come out null', () => {
    const input = readings([null, 2, Number.NaN, 4].map((pm25, hour) => ({ hour, pm25 })));
    const rows = columnsOf(runOperator(() => lag<Readings, 'pm25', 1>({ columns: ['pm25'], steps: [1] }), input).rows());
    expect(rows.map(({ pm25Lag1 }) => pm25Lag1)).toEqual([null, null, 2, null]);
  });
});
