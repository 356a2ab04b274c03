import { describe, expect, test } from 'vitest';
import { count, countWindow, mean, median, sum } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

const aggregates = { rows: count(), average: mean('pm25'), middle: median('temperature') };
operatorSuite('countWindow', {
  make: () => countWindow<Readings, typeof aggregates, 'station'>({ rows: 7, key: 'station', aggregates }),
  input: sampleReadings(),
  reads: 'pm25',
});

describe('countWindow', () => {
  const input = readings([1, 2, 3, 4, 5, 6, 7].map((pm25, hour) => ({ station: hour % 2 === 0 ? 'a' : 'b', hour, pm25 })));
  const run = (partial?: boolean) =>
    runOperator(
      () =>
        countWindow<Readings, { total: ReturnType<typeof sum<'pm25'>> }, 'station'>({
          rows: 2,
          key: 'station',
          partial,
          aggregates: { total: sum('pm25') },
        }),
      input,
    );

  test('every n rows of a key', () => {
    expect(
      run()
        .rows()
        .map(({ row, ordinal }) => [row.station, row.total, ordinal]),
    ).toEqual([
      ['a', 4, 2],
      ['b', 6, 3],
      ['a', 12, 6],
      ['b', 6, 6],
    ]);
  });

  test('without partial windows', () => {
    expect(columnsOf(run(false).rows()).map(({ total }) => total)).toEqual([4, 6, 12]);
  });
});
