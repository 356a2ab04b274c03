import { describe, expect, test } from 'vitest';
import { explode } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('explode', {
  make: () => explode<Readings, 'note'>({ column: 'note', separator: ' ' }),
  input: sampleReadings(),
  reads: 'note',
});

describe('explode', () => {
  test('one row of each item, by sub', () => {
    const input = readings([{ hour: 0, pm25: 1, note: 'a, b,,c' }, { hour: 1, note: '' }, { hour: 2 }, { hour: 3, pm25: 4, note: 'd' }]);
    const run = runOperator(() => explode<Readings, 'note'>({ column: 'note' }), input);
    expect(run.rows().map(({ row, ordinal, sub }) => [row.note, row.pm25, ordinal, sub])).toEqual([
      ['a', 1, 0, 0],
      ['b', 1, 0, 1],
      ['c', 1, 0, 2],
      ['d', 4, 3, 0],
    ]);
    expect(run.task.steps[0]?.counters.get('dropped:empty')).toBe(2);
    expect(columnsOf(run.rows()).length).toBe(4);
  });
});
