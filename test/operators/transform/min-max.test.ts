import { describe, expect, test } from 'vitest';
import { minMax } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('minMax', {
  make: () => minMax<Readings, 'pm25'>({ columns: ['pm25'], key: 'station', freezeAfter: 20 }),
  input: sampleReadings(),
  reads: 'pm25',
});

describe('minMax', () => {
  const scaled = (values: readonly (number | null)[], freezeAfter?: number) =>
    columnsOf(
      runOperator(
        () => minMax<Readings, 'pm25'>({ columns: ['pm25'], freezeAfter }),
        readings(values.map((pm25, hour) => ({ hour, pm25 }))),
      ).rows(),
    ).map(({ pm25 }) => pm25);

  test('between the least and the greatest value so far', () => {
    expect(scaled([5, 10, 0, null, Number.NEGATIVE_INFINITY, 2])).toEqual([0, 1, 0, null, null, 0.2]);
  });

  test('a frozen range cuts', () => {
    expect(scaled([0, 10, 20, -5], 2)).toEqual([0, 1, 1, 0]);
  });
});
