import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dedupe } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Reading, type Readings, readings, sampleReadings } from '../readings.ts';

const make = () => dedupe<Readings>({ key: 'station', ttl: '2h' });
operatorSuite('dedupe', { make, input: sampleReadings(), reads: 'station' });
operatorSuite('dedupe of a few entries', {
  make: () => dedupe<Readings>({ key: 'note', maxEntries: 5, ttl: '30d' }),
  input: sampleReadings(),
  reads: 'note',
});
operatorSuite('dedupe by number', {
  make: () => dedupe<Readings>({ key: 'count', ttl: '3h', beyond: 'drop' }),
  input: sampleReadings(),
  reads: 'count',
});

describe('dedupe', () => {
  test('keeps the first row of a key and event time', () => {
    const input = readings([
      { station: 'Dongsi', hour: 0, pm25: 1 },
      { station: 'Dongsi', hour: 0, pm25: 2 },
      { station: 'Wanliu', hour: 0, pm25: 3 },
      { station: 'Dongsi', hour: 1, pm25: 4 },
      { station: 'Dongsi', hour: 0, pm25: 5 },
      { station: null, hour: 0, pm25: 6 },
      { station: null, hour: 0, pm25: 7 },
    ]);
    const run = runOperator(make, input);
    expect(columnsOf(run.rows()).map(({ pm25 }) => pm25)).toEqual([1, 3, 4, 6]);
    expect(run.task.steps[0]?.counters.get('dropped:duplicate')).toBe(3);
  });

  test.each([
    ['pass', [1, 2, 3]],
    ['drop', [1, 2]],
  ] as const)('rows older than the ttl cannot be checked and %s', (beyond, expected) => {
    const input = readings([
      { station: 'Dongsi', hour: 0, pm25: 1 },
      { station: 'Dongsi', hour: 10, pm25: 2 },
      { station: 'Dongsi', hour: 0, pm25: 3 },
    ]);
    const run = runOperator(() => dedupe<Readings>({ key: 'station', ttl: '2h', beyond }), input);
    expect(columnsOf(run.rows()).map(({ pm25 }) => pm25)).toEqual(expected);
    expect(run.task.steps[0]?.counters.get('unchecked')).toBe(1);
  });

  test('drops exactly what a set of all pairs would, while everything fits', () => {
    const rows = fc.array(fc.record({ station: fc.constantFrom('a', 'b', 'c', null), hour: fc.integer({ min: 0, max: 6 }) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(rows, (sample: Reading[]) => {
        const seen = new Set<string>();
        const first = sample.filter(({ station, hour }) => seen.size < seen.add(`${station} ${hour}`).size);
        const run = runOperator(() => dedupe<Readings>({ key: 'station', ttl: '30d' }), readings(sample));
        expect(run.rows().length).toBe(first.length);
      }),
    );
  });

  test('forgets the oldest arrivals beyond maxEntries, in any order of keys', () => {
    const rows = fc.array(fc.record({ count: fc.integer({ min: 0, max: 12 }), hour: fc.integer({ min: 0, max: 2 }) }), { maxLength: 300 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 9 }), (sample, maxEntries) => {
        const remembered: string[] = [];
        const expected = sample.filter(({ count, hour }) => {
          const pair = `${count} ${hour}`;
          if (remembered.includes(pair)) return false;
          if (remembered.length === maxEntries) remembered.shift();
          remembered.push(pair);
          return true;
        });
        const run = runOperator(() => dedupe<Readings>({ key: 'count', ttl: '30d', maxEntries }), readings(sample));
        expect(run.rows().map(({ ordinal }) => ordinal)).toEqual(expected.map((row) => sample.indexOf(row)));
      }),
    );
  });
});
