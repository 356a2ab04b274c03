import { describe, expect, test } from 'vitest';
import { globalTable, lookupJoin } from '../../../operators/index.ts';
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
});
