import { describe, expect, test } from 'vitest';
import { cast } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('cast', {
  make: () =>
    cast<Readings, { count: 'float64'; pm25: 'int32'; note: 'timestamp' }>({ count: 'float64', pm25: 'int32', note: 'timestamp' }),
  input: sampleReadings(),
  reads: undefined,
});

describe('cast', () => {
  const cases: [string, 'float64' | 'int32' | 'boolean' | 'timestamp', unknown][] = [
    ['1.5e3', 'float64', 1500],
    ['12', 'int32', 12],
    ['1.5', 'int32', undefined],
    ['4294967296', 'int32', undefined],
    ['', 'float64', undefined],
    ['abc', 'float64', undefined],
    ['TRUE', 'boolean', true],
    ['0', 'boolean', false],
    ['yes', 'boolean', undefined],
    ['2013-03-01T00:00:00Z', 'timestamp', Date.UTC(2013, 2, 1)],
    ['yesterday', 'timestamp', undefined],
  ];
  test.each(cases)('%j as %s', (note, type, expected) => {
    const run = runOperator(() => cast<Readings, { note: typeof type }>({ note: type }), readings([{ hour: 0, note }]));
    if (expected === undefined)
      expect(run.task.rejects.map(({ reason }) => reason)).toEqual([`column 'note' is '${note}', which is no ${type}`]);
    else expect(columnsOf(run.rows())[0]?.note).toEqual(expected);
    expect(run.task.unbalanced()).toEqual([]);
  });

  test('numbers and instants as text and back', () => {
    const run = runOperator(
      () => cast<Readings, { at: 'utf8'; pm25: 'utf8'; count: 'boolean' }>({ at: 'utf8', pm25: 'utf8', count: 'boolean' }),
      readings([{ hour: 0, pm25: 0.1, count: 1 }]),
    );
    expect(columnsOf(run.rows())[0]).toMatchObject({ at: '2013-03-01T00:00:00.000Z', pm25: '0.1', count: true, note: null });
  });

  test('refuses a type that it does not know', () => {
    expect(() => cast<Readings, { pm25: 'float64' }>({ pm25: 'decimal' as 'float64' })).toThrow('decimal');
  });
});
