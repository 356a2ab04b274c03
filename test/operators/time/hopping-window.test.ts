import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { count, first, hoppingWindow, last, max, mean, min, sum, variance } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { HOUR, type Readings, readings, START, sampleReadings } from '../readings.ts';

const aggregates = {
  rows: count(),
  total: sum('pm25'),
  spread: variance('temperature'),
  opening: first('count'),
  closing: last('count'),
  least: min('pm25'),
  most: max('pm25'),
};
operatorSuite('hoppingWindow', {
  make: () => hoppingWindow<Readings, typeof aggregates, 'station'>({ size: '5h', slide: '2h', key: 'station', aggregates }),
  input: sampleReadings(400, 1, 1),
  reads: 'temperature',
});

const make = (size: `${number}h`, slide: `${number}h`) =>
  hoppingWindow<Readings, { rows: ReturnType<typeof count>; pm25: ReturnType<typeof mean<'pm25'>> }>({
    size,
    slide,
    aggregates: { rows: count(), pm25: mean('pm25') },
  });

describe('hoppingWindow', () => {
  test('a row counts in every window over it', () => {
    const rows = columnsOf(runOperator(() => make('3h', '1h'), readings([{ hour: 5, pm25: 1 }])).rows());
    expect(rows.map(({ windowStart }) => ((windowStart as number) - START) / HOUR)).toEqual([3, 4, 5]);
  });

  test('a row too late for some of its windows counts in the others', () => {
    const input = readings([
      { hour: 4, pm25: 1 },
      { hour: 3, pm25: 1 },
    ]);
    const rows = columnsOf(runOperator(() => make('2h', '1h'), input).rows());
    expect(rows.map(({ windowStart, rows }) => [((windowStart as number) - START) / HOUR, rows])).toEqual([
      [3, 2],
      [4, 1],
    ]);
  });

  test('agrees with adding each row to each of its windows', () => {
    const row = fc.record({ hour: fc.integer({ min: -20, max: 20 }), pm25: fc.integer({ min: -9, max: 9 }) });
    const shape = fc.constantFrom(['5h', '2h'] as const, ['6h', '3h'] as const, ['3h', '3h'] as const, ['7h', '1h'] as const);
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), shape, (rows, [size, slide]) => {
        const [sizeHours, slideHours] = [Number.parseInt(size, 10), Number.parseInt(slide, 10)];
        const origin = START / HOUR;
        const expected = new Map<number, number>();
        for (const { hour } of rows) {
          const latest = Math.floor((origin + hour) / slideHours) * slideHours;
          for (let start = latest; start > origin + hour - sizeHours; start -= slideHours)
            expected.set(start, (expected.get(start) ?? 0) + 1);
        }
        const seen = columnsOf(runOperator(() => make(size, slide), readings(rows, { lateness: 100 })).rows());
        expect(seen.map((window) => [(window.windowStart as number) / HOUR, window.rows])).toEqual([...expected].sort(([a], [b]) => a - b));
      }),
    );
  });

  test('refuses windows with gaps between them', () => {
    expect(() => make('1h', '2h')).toThrow('slide must be at most the size');
  });
});
