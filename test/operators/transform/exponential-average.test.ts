import { describe, expect, test } from 'vitest';
import { exponentialAverage } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('exponentialAverage', {
  make: () => exponentialAverage<Readings, 'pm25'>({ columns: ['pm25'], key: 'station', halfLife: '3h' }),
  input: sampleReadings(),
  reads: 'pm25',
});

describe('exponentialAverage', () => {
  test('a value weighs half as much for every half-life that has passed', () => {
    const input = readings([
      { hour: 0 },
      { hour: 0, pm25: 0 },
      { hour: 2, pm25: 3 },
      { hour: 4, pm25: null },
      { hour: 6, pm25: 5 },
      { hour: 1, pm25: 5 },
    ]);
    const rows = columnsOf(runOperator(() => exponentialAverage<Readings, 'pm25'>({ columns: ['pm25'], halfLife: '2h' }), input).rows());
    const third = (3 * 0.25 + 5) / (0.5 * 0.25 + 0.25 + 1);
    const late = (3 * 0.25 + 5 + 5) / (0.5 * 0.25 + 0.25 + 2);
    expect(rows.map(({ pm25Average }) => pm25Average)).toEqual([null, 0, 2, 2, third, late]);
  });
});
