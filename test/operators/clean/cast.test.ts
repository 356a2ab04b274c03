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

  test('changes units of numbers and of strings that write numbers, and rejects what is no number', () => {
    const rows = [
      { hour: 0, temperature: 77, count: 3, note: '5' },
      { hour: 1, temperature: null, count: null, note: null },
      { hour: 2, temperature: Number.NaN, count: 0, note: 'calm' },
    ];
    const run = runOperator(
      () =>
        cast<Readings, { temperature: { from: 'degF'; to: 'degC' }; count: { from: 'h'; to: 'min' }; note: { from: 'km/h'; to: 'm/s' } }>({
          temperature: { from: 'degF', to: 'degC' },
          count: { from: 'h', to: 'min' },
          note: { from: 'km/h', to: 'm/s' },
        }),
      readings(rows),
    );
    expect(columnsOf(run.rows())).toMatchObject([
      { temperature: 25, count: 180, note: 5 / 3.6 },
      { temperature: null, count: null, note: null },
    ]);
    expect(run.task.rejects.map(({ reason }) => reason)).toEqual(["column 'note' is 'calm', which is no number of km/h"]);
  });

  test('an instant has no unit', () => {
    const run = runOperator(
      () => cast<Readings, { at: { from: 'ms'; to: 's' } }>({ at: { from: 'ms', to: 's' } }),
      readings([{ hour: 0 }]),
    );
    expect(run.task.rejects).toHaveLength(1);
  });

  test.each([
    [{ from: 'degF', to: 'hPa' }, "'degF' measures temperature, 'hPa' pressure"],
    [{ from: 'degF', to: 'celsius' }, "there is no unit 'celsius'"],
    [{ from: 'toString', to: 'K' }, "there is no unit 'toString'"],
  ])('refuses %j', (change, reason) => {
    expect(() => cast<Readings, { pm25: { from: 'degF'; to: 'degC' } }>({ pm25: change as { from: 'degF'; to: 'degC' } })).toThrow(
      `cast: column 'pm25': ${reason}`,
    );
  });

  test('refuses a type that it does not know', () => {
    expect(() => cast<Readings, { pm25: 'float64' }>({ pm25: 'decimal' as 'float64' })).toThrow('decimal');
  });
});
