import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { intervalJoin } from '../../../operators/index.ts';
import { joinSuite } from '../../contract/join-suite.ts';
import { JoinRun, type MakeJoin } from '../../contract/run-join.ts';
import { interleaved, sampleStreams } from '../interleave.ts';
import { HOUR, START } from '../readings.ts';

const make =
  (after: string, before: string): MakeJoin =>
  ([left, right]) =>
    intervalJoin(
      right as never,
      { key: 'station', columns: ['at', 'pm25'], prefix: 'right_', after, before } as never,
    )(left as never) as never;

joinSuite('intervalJoin', { make: make('-2h', '1h'), inputs: sampleStreams() });
joinSuite('intervalJoin ahead', { make: make('1h', '3h'), inputs: sampleStreams() });

describe('intervalJoin', () => {
  test('finds every pair within the interval, once', () => {
    const row = fc.record({
      input: fc.constantFrom(0 as const, 1 as const),
      hour: fc.integer({ min: 0, max: 12 }),
      station: fc.constantFrom('a', 'b'),
    });
    const bounds = fc.constantFrom(
      ['-2h', '1h', -2, 1] as const,
      ['0h', '0h', 0, 0] as const,
      ['1h', '3h', 1, 3] as const,
      ['-3h', '-1h', -3, -1] as const,
    );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), bounds, (unsorted, [after, before, low, high]) => {
        const rows = unsorted.toSorted((a, b) => a.hour - b.hour);
        const run = new JoinRun(make(after, before), 2).push(interleaved(rows), 3).end();
        const pairs = run
          .rows()
          .map(({ row }) => `${row.station} ${((row.at as number) - START) / HOUR} ${((row.right_at as number) - START) / HOUR}`);
        const expected = rows.flatMap((left) =>
          rows
            .filter(
              (right) =>
                left.input === 0 &&
                right.input === 1 &&
                left.station === right.station &&
                right.hour - left.hour >= low &&
                right.hour - left.hour <= high,
            )
            .map((right) => `${left.station} ${left.hour} ${right.hour}`),
        );
        expect(pairs.sort()).toEqual(expected.sort());
        expect(run.task.unbalanced()).toEqual([]);
      }),
    );
  });

  test('forgets rows that the watermarks have passed', () => {
    const rows = Array.from({ length: 2000 }, (_, hour) => ({ input: (hour % 2) as 0 | 1, hour, station: 'a' }));
    const run = new JoinRun(make('-2h', '2h'), 2).push(interleaved(rows), 100);
    expect(run.task.steps[0]?.counters.get('held')).toBeLessThan(10);
  });

  test('refuses an interval that is none', () => {
    expect(() => make('2h', '1h')([] as never)).toThrow('`after`');
  });
});
