import { describe, expect, test } from 'vitest';
import { fuse } from '../../../operators/index.ts';
import { joinSuite } from '../../contract/join-suite.ts';
import { JoinRun, type MakeJoin } from '../../contract/run-join.ts';
import { interleaved, sampleStreams } from '../interleave.ts';
import { HOUR, START } from '../readings.ts';

const make =
  (key?: string): MakeJoin =>
  ([air, wind]) =>
    fuse({ air, wind } as never, { every: '2h', key, columns: { air: ['pm25', 'count'], wind: ['temperature'] } } as never) as never;

joinSuite('fuse', { make: make('station'), inputs: sampleStreams() });
joinSuite('fuse of all', { make: make(), inputs: sampleStreams() });

describe('fuse', () => {
  test('one row per tick with the last values and their ages', () => {
    const inputs = interleaved([
      { input: 0, hour: 0.5, station: 'a', pm25: 1, count: 7 },
      { input: 1, hour: 1, station: 'a', temperature: 20 },
      { input: 0, hour: 1.5, station: 'a', pm25: 2 },
      { input: 0, hour: 3, station: 'a', pm25: 3 },
      { input: 0, hour: 1, station: 'a', pm25: 99 },
      { input: 1, hour: 6.5, station: 'b', temperature: 30 },
    ]);
    const run = new JoinRun(make('station'), 2).push(inputs).end();
    const rows = run
      .rows()
      .map(({ row, ordinal }) => [
        row.station,
        ((row.at as number) - START) / HOUR,
        row.air_pm25,
        row.air_count,
        (row.air_age as number) / HOUR,
        row.wind_temperature,
        (row.wind_age as number) / HOUR,
        ordinal,
      ]);
    expect(rows).toEqual([
      ['a', 2, 2, 7, 0.5, 20, 1, 3],
      ['a', 4, 3, 7, 1, 20, 3, 5],
      ['a', 6, 3, 7, 3, 20, 5, 5],
    ]);
    expect(run.task.steps[0]?.counters.get('late')).toBe(1);
  });
});
