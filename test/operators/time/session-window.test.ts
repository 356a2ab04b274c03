import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { count, first, last, mean, sessionWindow, sum } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { HOUR, type Readings, readings, START, sampleReadings } from '../readings.ts';

const aggregates = { rows: count(), average: mean('pm25'), opening: first('count'), closing: last('count'), total: sum('temperature') };
operatorSuite('sessionWindow', {
  make: () => sessionWindow<Readings, typeof aggregates, 'station'>({ gap: '2h', key: 'station', aggregates }),
  input: sampleReadings(400, 1, 3),
  reads: 'pm25',
});

const make = () =>
  sessionWindow<Readings, { rows: ReturnType<typeof count> }, 'station'>({ gap: '3h', key: 'station', aggregates: { rows: count() } });

/** station, first hour, last hour, rows. */
const sessions = (rows: Parameters<typeof readings>[0], lateness: number) =>
  columnsOf(runOperator(make, readings(rows, { lateness })).rows()).map((row) => [
    row.station,
    ((row.windowStart as number) - START) / HOUR,
    ((row.windowEnd as number) - START) / HOUR - 3,
    row.rows,
  ]);

describe('sessionWindow', () => {
  test('a pause ends a session, a row between two joins them', () => {
    const rows = [0, 1, 4, 9, 2].map((hour) => ({ station: 'a', hour }));
    expect(sessions(rows, 0)).toEqual([
      ['a', 0, 1, 2],
      ['a', 4, 4, 1],
      ['a', 9, 9, 1],
    ]);
    expect(sessions(rows, 9)).toEqual([
      ['a', 0, 4, 4],
      ['a', 9, 9, 1],
    ]);
  });

  test('agrees with sorting all rows and cutting at the gaps', () => {
    const row = fc.record({ station: fc.constantFrom('a', 'b'), hour: fc.integer({ min: 0, max: 60 }) });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        const expected: [string, number, number, number][] = [];
        for (const station of ['a', 'b']) {
          const hours = rows
            .filter((other) => other.station === station)
            .map(({ hour }) => hour)
            .sort((a, b) => a - b);
          for (const hour of hours) {
            const open = expected.findLast((session) => session[0] === station && hour < session[2] + 3);
            if (open === undefined) expected.push([station, hour, hour, 1]);
            else {
              open[2] = hour;
              open[3]++;
            }
          }
        }
        const order = (sessions: readonly unknown[][]) => sessions.map(String).sort();
        expect(order(sessions(rows, 100))).toEqual(order(expected));
      }),
    );
  });
});
