import { describe, expect, test } from 'vitest';
import { dropNulls } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('dropNulls', { make: () => dropNulls<Readings>('pm25', 'note'), input: sampleReadings(), reads: undefined });

describe('dropNulls', () => {
  test('drops rows with null or NaN in one of the columns; infinities and empty strings stay', () => {
    const input = readings([
      { hour: 0, pm25: 1, note: '' },
      { hour: 1, pm25: null, note: 'x' },
      { hour: 2, pm25: Number.NaN, note: 'x' },
      { hour: 3, pm25: Number.POSITIVE_INFINITY, note: 'x' },
      { hour: 4, pm25: 5, note: null },
    ]);
    const run = runOperator(() => dropNulls<Readings>('pm25', 'note'), input);
    expect(run.rows().map(({ ordinal }) => ordinal)).toEqual([0, 3]);
    expect(run.task.steps[0]?.counters.get('dropped:null')).toBe(3);
  });

  test('looks at all columns where none is named', () => {
    expect(columnsOf(runOperator(() => dropNulls<Readings>(), readings([{ hour: 0, pm25: 1 }])).rows())).toEqual([]);
  });
});
