import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fuse } from '../../../operators/index.ts';
import { joinSuite } from '../../contract/join-suite.ts';
import { JoinRun, type MakeJoin } from '../../contract/run-join.ts';
import { interleaved, sampleStreams } from '../interleave.ts';
import { HOUR, START } from '../readings.ts';

const make =
  (key?: string, stateTtl?: string): MakeJoin =>
  ([air, wind]) =>
    fuse(
      { air, wind } as never,
      { every: '2h', key, stateTtl, columns: { air: ['pm25', 'count'], wind: ['temperature'] } } as never,
    ) as never;

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

  test('with a state ttl: a key of which all streams are silent goes out no more, and begins anew', () => {
    const steps = fc.array(
      fc.record({
        input: fc.constantFrom(0 as const, 1 as const),
        station: fc.constantFrom('a', 'b', 'c'),
        pause: fc.constantFrom(0, 1, 3, 8),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), (drawn, size) => {
        let hour = 0;
        const rows = drawn.map(({ pause, ...row }, value) => {
          hour += pause;
          return { ...row, hour, pm25: value, temperature: value };
        });
        const run = new JoinRun(make('station', '5h'), 2).push(interleaved(rows), size).end();
        expect(run.rows().map(({ row }) => [((row.at as number) - START) / HOUR, row.station, row.air_pm25, row.wind_temperature])).toEqual(
          fusedByHand(rows),
        );
      }),
    );
  });
});

/** Ticks of two hours over rows in order, where a key is forgotten at a tick more than five hours after its last row. */
function fusedByHand(rows: readonly { input: 0 | 1; station: string; hour: number; pm25: number }[]): unknown[] {
  const known = new Map<string, { newest: number; values: [number | null, number | null]; times: [number, number] }>();
  const fused: unknown[] = [];
  let passed = Number.NaN;
  for (const { input, station, hour, pm25 } of rows) {
    const latest = Math.ceil(hour / 2) * 2 - 2;
    if (Number.isNaN(passed)) passed = latest;
    while (passed < latest) {
      passed += 2;
      for (const [name, { newest, values }] of known) {
        if (passed - newest > 5) known.delete(name);
        else fused.push([passed, name, ...values]);
      }
    }
    const key = known.get(station) ?? { newest: -1, values: [null, null], times: [-1, -1] };
    known.set(station, key);
    // A row not later than the last one of its stream, or than the last tick, changes nothing.
    if (hour <= key.times[input] || hour <= passed) continue;
    key.values[input] = pm25;
    key.times[input] = hour;
    key.newest = hour;
  }
  return fused;
}

joinSuite('fuse with a state ttl', { make: make('station', '1h'), inputs: sampleStreams() });
