import { describe, expect, test } from 'vitest';
import { detectStuck } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('detectStuck', {
  make: () => detectStuck<Readings, 'count'>({ columns: ['count'], key: 'station', rows: 2, tolerance: 5 }),
  input: sampleReadings(),
  reads: 'count',
});

describe('detectStuck', () => {
  const flags = (values: readonly (number | null)[], options: { rows: number; tolerance?: number }) =>
    columnsOf(
      runOperator(
        () => detectStuck<Readings, 'pm25'>({ columns: ['pm25'], ...options }),
        readings(values.map((pm25, hour) => ({ hour, pm25 }))),
      ).rows(),
    ).map((row) => row.pm25Stuck);

  test('flags the n-th equal value in a row and those after it', () => {
    expect(flags([1, 1, 1, 1, 2, 2, 2], { rows: 3 })).toEqual([0, 0, 1, 1, 0, 0, 1]);
  });

  test('missing values neither end a run nor count', () => {
    expect(flags([1, null, 1, Number.NaN, 1], { rows: 3 })).toEqual([0, 0, 0, 0, 1]);
  });

  test('a slow drift is not stuck', () => {
    expect(flags([1, 1.4, 1.8, 2.2, 2.6], { rows: 3, tolerance: 0.5 })).toEqual([0, 0, 0, 0, 0]);
  });
});
