import { describe, expect, test } from 'vitest';
import { impute } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

for (const method of ['last', 'mean', 'constant'] as const) {
  operatorSuite(`impute by ${method}`, {
    make: () =>
      impute<Readings, 'pm25' | 'count'>({
        columns: ['pm25', 'count'],
        key: 'station',
        method,
        limit: 3,
        initial: method === 'constant' ? 7 : undefined,
      }),
    input: sampleReadings(),
    reads: 'pm25',
  });
}

const gaps = readings([
  { station: 'a', hour: 0 },
  { station: 'a', hour: 1, pm25: 10 },
  { station: 'b', hour: 1, pm25: Number.NaN },
  { station: 'a', hour: 2 },
  { station: 'a', hour: 3, pm25: Number.POSITIVE_INFINITY },
  { station: 'a', hour: 4 },
  { station: 'a', hour: 5, pm25: 20 },
  { station: 'a', hour: 6 },
]);

const filled = (options: Parameters<typeof impute<Readings, 'pm25'>>[0]) =>
  columnsOf(runOperator(() => impute<Readings, 'pm25'>(options), gaps).rows()).map(({ pm25 }) => pm25);

describe('impute', () => {
  test('last: the value of the row before, per key', () => {
    expect(filled({ columns: ['pm25'], key: 'station' })).toEqual([null, 10, null, 10, 10, 10, 20, 20]);
  });

  test('mean: of all values so far', () => {
    expect(filled({ columns: ['pm25'], key: 'station', method: 'mean' })).toEqual([null, 10, null, 10, 10, 10, 20, 15]);
  });

  test('constant', () => {
    expect(filled({ columns: ['pm25'], method: 'constant', initial: -1 })).toEqual([-1, 10, -1, -1, -1, -1, 20, -1]);
  });

  test('initial stands in before a key has a value', () => {
    expect(filled({ columns: ['pm25'], key: 'station', initial: 0 })).toEqual([0, 10, 0, 10, 10, 10, 20, 20]);
  });

  test('limit: no more than so many rows in a row', () => {
    expect(filled({ columns: ['pm25'], key: 'station', limit: 2 })).toEqual([null, 10, null, 10, 10, null, 20, 20]);
  });

  test('flags tell filled from measured', () => {
    const run = runOperator(() => impute<Readings, 'pm25', 'Filled'>({ columns: ['pm25'], key: 'station', flag: 'Filled' }), gaps);
    expect(columnsOf(run.rows()).map(({ pm25Filled }) => pm25Filled)).toEqual([0, 0, 0, 1, 1, 1, 0, 1]);
  });

  test('a constant needs a value', () => {
    expect(() => impute<Readings, 'pm25'>({ columns: ['pm25'], method: 'constant' })).toThrow('initial');
  });
});
