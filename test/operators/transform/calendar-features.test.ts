import { describe, expect, test } from 'vitest';
import { calendarFeatures } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { HOUR, type Readings, readings, START, sampleReadings } from '../readings.ts';

operatorSuite('calendarFeatures', {
  make: () => calendarFeatures<Readings>({ column: 'at', utcOffset: '8h' }),
  input: sampleReadings(),
  reads: 'at',
});

/** The features of one instant. */
const at = (iso: string, options: Parameters<typeof calendarFeatures<Readings, 'hour' | 'weekday' | 'month' | 'yearDay'>>[0] = {}) => {
  const input = readings([{ hour: (Date.parse(iso) - START) / HOUR }]);
  const all = { cycles: ['hour', 'weekday', 'month', 'yearDay'], ...options } as const;
  return columnsOf(runOperator(() => calendarFeatures<Readings, 'hour' | 'weekday' | 'month' | 'yearDay'>(all), input).rows())[0] as Record<
    string,
    number
  >;
};

/** The turn, from 0 to 1, that a sine and cosine tell. */
const turn = (features: Record<string, number>, cycle: string) => {
  const turns = Math.atan2(features[`${cycle}Sin`] as number, features[`${cycle}Cos`] as number) / (2 * Math.PI);
  return (turns + 1) % 1;
};

describe('calendarFeatures', () => {
  test.each([
    ['2013-03-01T06:00:00Z', 0.25, 4 / 7, 2 / 12, 59 / 365],
    ['2016-12-31T18:00:00Z', 0.75, 5 / 7, 11 / 12, 365 / 366],
    ['1969-12-29T03:00:00Z', 0.125, 0, 11 / 12, 362 / 365],
    ['2400-02-29T12:00:00Z', 0.5, 1 / 7, 1 / 12, 59 / 366],
  ])('%s', (iso, hour, weekday, month, yearDay) => {
    const features = at(iso);
    expect(turn(features, 'hour')).toBeCloseTo(hour, 12);
    expect(turn(features, 'weekday')).toBeCloseTo(weekday, 12);
    expect(turn(features, 'month')).toBeCloseTo(month, 12);
    expect(turn(features, 'yearDay')).toBeCloseTo(yearDay, 12);
  });

  test('an offset moves the local day', () => {
    expect(turn(at('2013-03-01T17:00:00Z', { utcOffset: '8h' }), 'weekday')).toBeCloseTo(5 / 7, 12);
    expect(turn(at('2013-03-01T04:00:00Z', { utcOffset: '-5h' }), 'weekday')).toBeCloseTo(3 / 7, 12);
    expect(turn(at('2013-03-01T04:00:00Z', { utcOffset: '-5h' }), 'hour')).toBeCloseTo(23 / 24, 12);
  });

  test('refuses an offset that is none', () => {
    expect(() => calendarFeatures<Readings>({ utcOffset: 'Beijing' as '8h' })).toThrow('utcOffset');
  });
});
