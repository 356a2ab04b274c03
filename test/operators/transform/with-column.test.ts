import { describe, expect, test } from 'vitest';
import { type Columns, column, type Expression, when, withColumn } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { HOUR, type Reading, type Readings, readings, START, sampleReadings } from '../readings.ts';

operatorSuite('withColumn', {
  make: () =>
    withColumn('result', (row: Columns<Readings>) =>
      when(row.pm25.greaterThan(80).or(row.note.equals('dust')), row.temperature.times(2).plus(row.count), row.at.hour().negated()),
    ),
  makeThrowing: () =>
    withColumn('result', (_row: Columns<Readings>): Expression => {
      throw new Error('broken');
    }),
  input: sampleReadings(),
  reads: 'temperature',
});
operatorSuite('withColumn of strings', {
  make: () => withColumn('result', (row: Columns<Readings>) => row.station.upperCase().slice(0, 3)),
  input: sampleReadings(),
  reads: 'station',
});

const computed = (expression: (row: Columns<Readings>) => Expression, ...rows: readonly Reading[]) =>
  columnsOf(runOperator(() => withColumn('result', expression), readings(rows)).rows()).map(({ result }) => result);

const iso = (text: string) => (Date.parse(text) - START) / HOUR;

describe('withColumn', () => {
  test('copies a column under another name, memory and type included', () => {
    const input = sampleReadings(9);
    const run = runOperator(() => withColumn<Readings, 'counted', 'count'>('counted', column('count')), input);
    const { schema, data } = run.outputs[0]?.batch ?? {};
    expect(String(schema?.fields.at(-1))).toBe('counted: Int32');
    expect(data?.children.at(-1)).toBe(data?.children[4]);
  });

  test.each<[string, (row: Columns<Readings>) => Expression, unknown]>([
    ['plus', (row) => row.pm25.plus(row.count), 10],
    ['minus', (row) => row.pm25.minus(1), 6],
    ['times', (row) => row.pm25.times(row.pm25), 49],
    ['dividedBy 0', (row) => row.pm25.dividedBy(0), Number.POSITIVE_INFINITY],
    ['modulo', (row) => row.pm25.negated().modulo(5), 3],
    ['modulo of a negative divisor', (row) => row.pm25.modulo(-5), -3],
    ['clamp', (row) => row.pm25.clamp(0, 5), 5],
    ['absolute', (row) => row.temperature.absolute(), 2.5],
    ['floor', (row) => row.temperature.floor(), -3],
    ['ceiling', (row) => row.temperature.ceiling(), -2],
    ['rounded', (row) => row.temperature.rounded(), -2],
    ['squareRoot', (row) => row.pm25.plus(2).squareRoot(), 3],
    ['power', (row) => row.pm25.power(2), 49],
    ['log of exp', (row) => row.pm25.exp().log(), 7],
    ['log10', (row) => row.pm25.plus(993).log10(), 3],
    ['sin and cos', (row) => row.pm25.sin().power(2).plus(row.pm25.cos().power(2)).rounded(), 1],
    ['tanh', (row) => row.pm25.times(100).tanh(), 1],
    ['between', (row) => row.pm25.between(7, 7), true],
    ['not', (row) => row.pm25.atMost(6).not(), true],
    ['isFinite', (row) => row.pm25.dividedBy(0).isFinite(), false],
    ['nullIf', (row) => row.pm25.nullIf(7), null],
    ['toText', (row) => row.pm25.toText(), '7'],
    ['boolean toNumber', (row) => row.pm25.lessThan(8).toNumber(), 1],
    ['when, number', (row) => when(row.pm25.equals(7), row.count, 0), 3],
    ['when, text', (row) => when(row.pm25.notEquals(7), 'seven', row.note), 'Wind 3 m/s'],
    ['lowerCase', (row) => row.note.lowerCase(), 'wind 3 m/s'],
    ['trimmed', (row) => row.note.replace('Wind', '  ').trimmed(), '3 m/s'],
    ['slice from the end', (row) => row.note.slice(-3), 'm/s'],
    ['replace, regular expression', (row) => row.note.replace(/[a-z]/, '.'), 'W... 3 ./.'],
    ['extract', (row) => row.note.extract(/(\d+) m/), '3'],
    ['concat', (row) => row.station.concat(': ', row.note), 'Dongsi: Wind 3 m/s'],
    ['contains', (row) => row.note.contains('3 m'), true],
    ['startsWith', (row) => row.note.startsWith('wind'), false],
    ['endsWith', (row) => row.note.endsWith('s'), true],
    ['matches', (row) => row.note.matches(/^W.*s$/), true],
    ['isIn', (row) => row.station.isIn(['Dongsi']), true],
    ['equals of two columns', (row) => row.station.equals(row.note), false],
    ['length counts code points', (row) => row.note.concat('😀').length(), 11],
    ['toNumber', (row) => row.note.extract(/\d+/).toNumber(), 3],
    ['toNumber of no number', (row) => row.note.toNumber(), Number.NaN],
    ['year', (row) => row.at.year(), 2016],
    ['month', (row) => row.at.month(), 2],
    ['dayOfMonth', (row) => row.at.dayOfMonth(), 29],
    ['weekday', (row) => row.at.weekday(), 1],
    ['hour', (row) => row.at.hour(), 23],
    ['minute', (row) => row.at.minute(), 59],
    ['second', (row) => row.at.second(), 58],
    ['instant plus', (row) => row.at.plus('2s').dayOfMonth(), 1],
    ['truncatedTo', (row) => row.at.truncatedTo('1h'), Date.parse('2016-02-29T23:00Z')],
    ['since', (row) => row.at.since('2016-02-29T23:59:57Z'), 1000],
    ['before', (row) => row.at.before('2016-03-01T00:00Z'), true],
    ['after', (row) => row.at.after(row.at), false],
  ])('%s', (_name, expression, expected) => {
    const row = { station: 'Dongsi', hour: iso('2016-02-29T23:59:58Z'), pm25: 7, temperature: -2.5, count: 3, note: 'Wind 3 m/s' };
    expect(computed(expression, row)).toEqual([expected]);
  });

  test('null in gives null out, in every kind', () => {
    const kinds: ((row: Columns<Readings>) => Expression)[] = [
      (row) => row.pm25.plus(1),
      (row) => row.pm25.lessThan(1),
      (row) => row.note.lowerCase(),
      (row) => row.station.lowerCase(),
      (row) => row.note.concat('x'),
      (row) => row.note.length(),
      (row) => row.note.contains('x'),
    ];
    for (const kind of kinds) expect(computed(kind, { hour: 0 })).toEqual([null]);
    expect(computed((row) => row.pm25.isNull(), { hour: 0 }, { hour: 1, pm25: 1 })).toEqual([true, false]);
    expect(computed((row) => row.note.isNull(), { hour: 0 }, { hour: 1, note: '' })).toEqual([true, false]);
    expect(computed((row) => row.pm25.orElse(row.count), { hour: 0, count: 4 }, { hour: 1, pm25: 1 })).toEqual([4, 1]);
    expect(computed((row) => row.note.orElse('-'), { hour: 0 })).toEqual(['-']);
  });

  test('logic has three values', () => {
    const truth = [true, false, null];
    const rows = truth.flatMap((a) =>
      truth.map((b) => ({ hour: 0, pm25: a === null ? null : Number(a), count: b === null ? null : Number(b) })),
    );
    expect(computed((row) => row.pm25.equals(1).and(row.count.equals(1)), ...rows)).toEqual([
      true,
      false,
      null,
      false,
      false,
      false,
      null,
      false,
      null,
    ]);
    expect(computed((row) => row.pm25.equals(1).or(row.count.equals(1)), ...rows)).toEqual([
      true,
      true,
      true,
      true,
      false,
      null,
      true,
      null,
      null,
    ]);
    expect(computed((row) => row.pm25.equals(1).orElse(false), ...rows.slice(4))).toEqual([false, false, false, false, false]);
  });

  test('comparisons with NaN are false, but for notEquals', () => {
    const nan = { hour: 0, pm25: Number.NaN };
    expect(computed((row) => row.pm25.lessThan(1).or(row.pm25.atLeast(1)), nan)).toEqual([false]);
    expect(computed((row) => row.pm25.notEquals(1), nan)).toEqual([true]);
  });

  test('a function that returns no expression is refused', () => {
    const run = runOperator(() => withColumn('result', (() => 5) as never), readings([{ hour: 0 }]));
    expect(run.error).toMatchObject({ code: 'OPERATOR_FAILED', message: expect.stringContaining('expression') });
  });

  test.each<[string, (row: Columns<Readings>) => Expression]>([
    ['arithmetic', (row) => row.pm25.times(2).plus(1)],
    ['a number of an instant', (row) => row.at.plus('1h').toNumber()],
    ['a value or another one', (row) => row.pm25.orElse(0)],
    ['a value used twice', (row) => when(row.pm25.plus(1).greaterThan(2), row.pm25.plus(1), row.pm25.plus(1))],
  ])('leaves the columns of earlier batches alone: %s', (_what, expression) => {
    const batches = [1, 5, 3].map((pm25, hour) => readings([{ hour, pm25 }]));
    const together = batches.map((batch) => columnsOf(runOperator(() => withColumn('result', expression), batch).rows()));
    const run = runOperator(() => withColumn('result', expression), ...batches);
    expect(columnsOf(run.rows())).toEqual(together.flat());
  });
});
