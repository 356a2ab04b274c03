import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { standardize } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('standardize', {
  make: () => standardize<Readings, 'pm25' | 'count'>({ columns: ['pm25', 'count'], key: 'station', freezeAfter: 40, clip: 2 }),
  input: sampleReadings(),
  reads: 'pm25',
});

const scaled = (values: readonly (number | null)[], options: Partial<Parameters<typeof standardize<Readings, 'pm25'>>[0]> = {}) =>
  columnsOf(
    runOperator(
      () => standardize<Readings, 'pm25'>({ columns: ['pm25'], ...options }),
      readings(values.map((pm25, hour) => ({ hour, pm25 }))),
    ).rows(),
  ).map(({ pm25 }) => pm25 as number);

describe('standardize', () => {
  test('scales with the mean and deviation of all rows up to and with this one', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 }), (values) => {
        const result = scaled(values);
        values.forEach((value, row) => {
          const past = values.slice(0, row + 1);
          const mean = past.reduce((sum, x) => sum + x, 0) / past.length;
          const deviation = Math.sqrt(past.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / past.length);
          if (deviation > 1e-6) expect(result[row]).toBeCloseTo((value - mean) / deviation, 5);
        });
      }),
    );
  });

  test('equal values give 0, missing ones null or the fill', () => {
    expect(scaled([5, 5, null, Number.NaN])).toEqual([0, 0, null, null]);
    expect(scaled([5, Number.POSITIVE_INFINITY, 5], { fill: 0 })).toEqual([0, 0, 0]);
  });

  test('an infinite value does not spoil what follows', () => {
    expect(scaled([1, Number.POSITIVE_INFINITY, 3])[2]).toBe(1);
  });

  test('freezeAfter stops learning, clip bounds', () => {
    expect(scaled([1, 3, 5], { freezeAfter: 2 })).toEqual([0, 1, 3]);
    expect(scaled([1, 3, 5, -99], { freezeAfter: 2, clip: 2 })).toEqual([0, 1, 2, -2]);
  });
});
