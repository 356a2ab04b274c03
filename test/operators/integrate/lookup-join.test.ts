import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { globalTable, lookupJoin } from '../../../operators/index.ts';
import { writeHeldRows } from '../../../operators/rows/held-rows.ts';
import { StateWriter } from '../../../streams/index.ts';
import { joinSuite } from '../../contract/join-suite.ts';
import { JoinRun, type MakeJoin } from '../../contract/run-join.ts';
import { interleaved, sampleStreams } from '../interleave.ts';

const make =
  (options = {}): MakeJoin =>
  ([left, right]) =>
    lookupJoin(globalTable(right as never, { key: 'station', deleted: 'note' } as never), {
      key: 'station',
      columns: ['count'],
      prefix: 'table_',
      ...options,
    } as never)(left as never) as never;

joinSuite('lookupJoin', { make: make(), inputs: sampleStreams() });
joinSuite('lookupJoin that drops', { make: make({ unmatched: 'drop' }), inputs: sampleStreams() });

describe('lookupJoin', () => {
  const rows = [
    { input: 0, hour: 0, station: 'a' },
    { input: 1, hour: 0, station: 'a', count: 1, note: 'x' },
    { input: 0, hour: 0, station: 'a' },
    { input: 1, hour: 0, station: 'a', count: 2, note: 'x' },
    { input: 0, hour: 0, station: 'a' },
    { input: 0, hour: 0, station: 'b' },
    { input: 1, hour: 0, station: 'a', note: null },
    { input: 0, hour: 0, station: 'a' },
    { input: 0, hour: 0, station: null },
  ] as const;

  test('a row sees the table as it stands at its place', () => {
    const seen = new JoinRun(make(), 2)
      .push(interleaved(rows))
      .rows()
      .map(({ row }) => row.table_count);
    expect(seen).toEqual([null, 1, 2, null, null, null]);
  });

  test('unmatched rows are dropped and counted where asked', () => {
    const run = new JoinRun(make({ unmatched: 'drop' }), 2).push(interleaved(rows));
    expect(run.rows().map(({ row }) => row.table_count)).toEqual([1, 2]);
    expect(run.task.steps[0]?.counters.get('dropped:unmatched')).toBe(4);
  });

  test('with a state ttl: a row that did not change for so long is gone', () => {
    const steps = fc.array(
      fc.record({
        input: fc.constantFrom(0 as const, 1 as const),
        station: fc.constantFrom('a', 'b', 'c'),
        pause: fc.constantFrom(0, 1, 4),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), (drawn, size) => {
        let hour = 0;
        const changed = new Map<string, { hour: number; count: number }>();
        let now = 0;
        const expected: (number | null)[] = [];
        const rows = drawn.map(({ pause, input, station }, count) => {
          hour += pause;
          if (input === 1) {
            now = hour;
            changed.set(station, { hour, count });
          } else {
            const row = changed.get(station);
            expected.push(row !== undefined && now - row.hour <= 5 ? row.count : null);
          }
          return { input, station, hour, count, note: 'x' };
        });
        const run = new JoinRun(make({ stateTtl: '5h' }), 2).push(interleaved(rows), size);
        expect(run.rows().map(({ row }) => row.table_count)).toEqual(expected);
      }),
    );
  });

  test('with a state ttl: the state holds the rows of the last ttl', () => {
    const rows = Array.from({ length: 12_000 }, (_, row) => ({
      input: 1 as const,
      station: `key-${row}`,
      hour: row / 1000,
      count: row,
      note: 'x',
    }));
    const bytes = (options: object) =>
      [...new JoinRun(make(options), 2).push(interleaved(rows), 1000).task.snapshot().values()][0]?.bytes.length as number;
    expect(bytes({ stateTtl: '1h' })).toBeLessThan(bytes({}) / 10);
  });

  test('reads a state of version 1, which did not tell the watermark', () => {
    const streams = interleaved([
      { input: 1, hour: 0, station: 'a', count: 1, note: 'x' },
      { input: 0, hour: 1, station: 'a' },
    ]);
    const out = new StateWriter();
    writeHeldRows(out, streams[1]);
    const run = new JoinRun(make({ stateTtl: '5h' }), 2);
    run.task.restore(new Map([['lookupJoin', { version: 1, bytes: out.finish() }]]));
    expect(
      run
        .push(streams, 10, 1)
        .rows()
        .map(({ row }) => row.table_count),
    ).toEqual([1]);
  });
});

joinSuite('lookupJoin with a state ttl', { make: make({ stateTtl: '2h' }), inputs: sampleStreams() });
