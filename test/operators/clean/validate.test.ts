import { describe, expect, test } from 'vitest';
import { allOf, between, finite, matches, notNull, oneOf, range, satisfies, validate } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, STATIONS, sampleReadings } from '../readings.ts';

operatorSuite('validate', {
  make: () => validate<Readings>({ station: oneOf(STATIONS), pm25: range(0, 150), note: notNull() }),
  makeThrowing: () =>
    validate<Readings>({
      pm25: satisfies('never asked', () => {
        throw new Error('broken rule');
      }),
    }),
  input: sampleReadings(),
  reads: 'pm25',
});

describe('validate', () => {
  test('rejects a row with the column, the value, the rule and the row', () => {
    const input = readings([
      { station: 'Dongsi', hour: 0, pm25: 10 },
      { station: 'Moon', hour: 1, pm25: 10 },
      { station: 'Dongsi', hour: 2, pm25: -3 },
    ]);
    const run = runOperator(() => validate<Readings>({ station: oneOf(STATIONS), pm25: range(0, 2000) }), input);
    expect(columnsOf(run.rows()).map(({ pm25 }) => pm25)).toEqual([10]);
    expect(run.task.rejects).toEqual([
      {
        step: 'validate',
        ordinal: 1,
        reason: "column 'station' is 'Moon', must be one of Dongsi, Guanyuan, Tiantan, Wanliu",
        row: '{"station":"Moon","at":"2013-03-01T01:00:00.000Z","pm25":10,"temperature":null,"count":null,"note":null}',
      },
      {
        step: 'validate',
        ordinal: 2,
        reason: "column 'pm25' is -3, must be from 0 to 2000",
        row: '{"station":"Dongsi","at":"2013-03-01T02:00:00.000Z","pm25":-3,"temperature":null,"count":null,"note":null}',
      },
    ]);
    expect(run.task.unbalanced()).toEqual([]);
  });

  test.each([
    ['range', { pm25: range(0, 100) }, [0, 100, null], [-1, 101, Number.NaN, Number.POSITIVE_INFINITY]],
    ['finite', { pm25: finite() }, [5, null], [Number.NaN, Number.NEGATIVE_INFINITY]],
    ['notNull', { pm25: notNull() }, [5, Number.NaN], [null]],
    ['allOf', { pm25: allOf(notNull(), range(0, 9)) }, [9], [null, 10]],
    ['satisfies', { pm25: satisfies('even', (value) => value === null || Number(value) % 2 === 0) }, [4, null], [3]],
  ])('%s', (_name, rules, fine, broken) => {
    const run = runOperator(
      () => validate<Readings>(rules),
      readings([...fine, ...broken].map((pm25, hour) => ({ station: 'Dongsi', hour, pm25 }))),
    );
    expect(columnsOf(run.rows()).map(({ pm25 }) => pm25)).toEqual(fine);
    expect(run.task.rejects.length).toBe(broken.length);
  });

  test('matches and between', () => {
    const input = readings([
      { hour: 0, note: 'wind 3 m/s' },
      { hour: 1, note: '' },
      { hour: 9e5, note: 'wind' },
    ]);
    const run = runOperator(() => validate<Readings>({ note: matches(/wind/), at: between('2013-01-01', '2020-01-01') }), input);
    expect(columnsOf(run.rows()).map(({ note }) => note)).toEqual(['wind 3 m/s']);
    expect(run.task.rejects.map(({ reason }) => reason)).toEqual([
      "column 'note' is '', must be like /wind/",
      "column 'at' is 2115-11-02T00:00:00.000Z, must be from 2013-01-01 to 2020-01-01",
    ]);
  });

  test('refuses rules that cannot hold', () => {
    expect(() => range(2, 1)).toThrow('accepts no number');
    expect(() => between('2020-01-01', 'yesterday')).toThrow('accepts no instant');
    expect(() => matches(/a/g)).toThrow('remember');
  });
});
