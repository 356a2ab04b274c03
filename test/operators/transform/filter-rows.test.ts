import { describe, expect, test } from 'vitest';
import { type Columns, filterRows } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('filterRows', {
  make: () => filterRows((row: Columns<Readings>) => row.pm25.greaterThan(70)),
  makeThrowing: () =>
    filterRows((_row: Columns<Readings>) => {
      throw new Error('broken');
    }),
  input: sampleReadings(),
  reads: 'pm25',
});

describe('filterRows', () => {
  test('keeps rows for which the condition is true, and counts the others by rule', () => {
    const input = readings([1, null, 3, Number.NaN].map((pm25, hour) => ({ hour, pm25 })));
    const run = runOperator(() => filterRows((row: Columns<Readings>) => row.pm25.atLeast(2), { rule: 'low' }), input);
    expect(columnsOf(run.rows()).map(({ pm25 }) => pm25)).toEqual([3]);
    expect(run.task.steps[0]?.counters.get('dropped:low')).toBe(3);
  });
});
