import { describe, expect, test } from 'vitest';
import { rolling } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('rolling', {
  make: () =>
    rolling<Readings, 'pm25' | 'count', 'Mean' | 'Min' | 'Max' | 'Sum' | 'Deviation'>({
      columns: ['pm25', 'count'],
      key: 'station',
      rows: 5,
      statistics: ['Mean', 'Min', 'Max', 'Sum', 'Deviation'],
    }),
  input: sampleReadings(),
  reads: 'pm25',
});

describe('rolling', () => {
  test('statistics of the last rows of the key', () => {
    const input = readings([1, 2, null, 6, null, null, null].map((pm25, hour) => ({ hour, pm25 })));
    const make = () => rolling<Readings, 'pm25', 'Mean' | 'Deviation'>({ columns: ['pm25'], rows: 3, statistics: ['Mean', 'Deviation'] });
    const rows = columnsOf(runOperator(make, input).rows());
    expect(rows.map(({ pm25Mean }) => pm25Mean)).toEqual([1, 1.5, 1.5, 4, 6, 6, null]);
    expect(rows.map(({ pm25Deviation }) => pm25Deviation)).toEqual([0, 0.5, 0.5, 2, 0, 0, null]);
  });
});
