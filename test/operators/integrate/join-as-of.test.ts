import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8Data, withColumns } from '../../../columnar/index.ts';
import { joinAsOf } from '../../../operators/index.ts';
import { writeHeldRows } from '../../../operators/rows/held-rows.ts';
import { type StateCell, StateReader, StateWriter, type StreamBatch, sliceStreamBatch, withBatch } from '../../../streams/index.ts';
import { joinSuite } from '../../contract/join-suite.ts';
import { JoinRun, type MakeJoin } from '../../contract/run-join.ts';
import { interleaved, sampleStreams } from '../interleave.ts';
import { HOUR, type Reading, START } from '../readings.ts';

const make =
  (options: Record<string, unknown> = {}): MakeJoin =>
  ([left, right]) =>
    joinAsOf(right as never, { key: 'station', columns: ['pm25'], prefix: 'right_', ...options } as never)(left as never) as never;

for (const direction of ['backward', 'forward', 'nearest'] as const) {
  joinSuite(`joinAsOf ${direction}`, { make: make({ direction, tolerance: '5h' }), inputs: sampleStreams() });
}
joinSuite('joinAsOf without key and tolerance', { make: make({ key: undefined }), inputs: sampleStreams() });

type Row = Reading & { readonly input: 0 | 1 };
const left = (hour: number, station = 'a'): Row => ({ input: 0, hour, station });
const right = (hour: number, pm25: number, station = 'a'): Row => ({ input: 1, hour, pm25, station });
const joined = (rows: readonly Row[], options = {}) => {
  const run = new JoinRun(make(options), 2).push(interleaved(rows)).end();
  return run.rows().map(({ row }) => [((row.at as number) - START) / HOUR, row.right_pm25]);
};

const withNotes = ([lefts, rights]: readonly StreamBatch[]) => {
  const batch = (rights as StreamBatch).batch;
  const note = utf8Data(Array.from({ length: batch.numRows }, () => 'new'));
  return [lefts as StreamBatch, withBatch(rights as StreamBatch, withColumns(batch, { note } as never))];
};

describe('joinAsOf', () => {
  const rows = [left(0), right(1, 1), right(2, 2), right(2, 3), left(2), right(3, 9, 'b'), left(4), right(5, 5), left(9), right(9, 7)];

  test('backward: the last right row not after the left one', () => {
    expect(joined(rows)).toEqual([
      [0, null],
      [2, 3],
      [4, 3],
      [9, 7],
    ]);
  });

  test('forward: the first right row not before it', () => {
    expect(joined(rows, { direction: 'forward', tolerance: '2h' })).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
      [9, 7],
    ]);
  });

  test('nearest: the nearer one, the earlier at equal distance', () => {
    expect(
      joined([right(0, 1), left(1), right(2, 2), left(2), left(4), right(5, 5), right(99, 9)], { direction: 'nearest', tolerance: '2h' }),
    ).toEqual([
      [1, 1],
      [2, 2],
      [4, 5],
    ]);
  });

  test('tolerance', () => {
    expect(joined(rows, { tolerance: '1h' })).toEqual([
      [0, null],
      [2, 3],
      [4, null],
      [9, 7],
    ]);
  });

  test('late left rows go aside, late right ones are ignored', () => {
    const run = new JoinRun(make(), 2)
      .push(interleaved([right(5, 5), left(5), left(6), right(6, 6), left(1), right(1, 1), left(7), right(8, 8)]))
      .end();
    expect(run.rows().length).toBe(3);
    expect(run.task.steps[0]?.counters.get('late')).toBe(1);
    expect(run.task.steps[0]?.counters.get('late:right')).toBe(1);
  });

  test('agrees with looking at all rows at once', () => {
    const row = fc.record({
      input: fc.constantFrom(0 as const, 1 as const),
      hour: fc.integer({ min: 0, max: 20 }),
      station: fc.constantFrom('a', 'b'),
      pm25: fc.integer(),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), fc.constantFrom('backward', 'forward'), (unsorted, direction) => {
        const sorted = unsorted.toSorted((a, b) => a.hour - b.hour);
        const expected = sorted
          .filter(({ input }) => input === 0)
          .map(({ hour, station }) => {
            const candidates = sorted.filter((other) => other.input === 1 && other.station === station);
            const backward = candidates.filter((other) => other.hour <= hour && hour - other.hour <= 6).at(-1);
            const ahead = candidates.filter((other) => other.hour >= hour && other.hour - hour <= 6);
            const forward = ahead.filter((other) => other.hour === ahead[0]?.hour).at(-1);
            return [hour, (direction === 'backward' ? backward : forward)?.pm25 ?? null];
          });
        expect(joined(sorted, { direction, tolerance: '6h' })).toEqual(expected);
      }),
    );
  });

  test('reads a state of version 1, which kept all columns of right rows', () => {
    const streams = interleaved([right(1, 1), right(2, 2), left(3), right(4, 4), left(4), left(5), right(9, 9), left(9)]);
    const before = 6;
    const [lefts, rights] = streams.map((stream) =>
      sliceStreamBatch(stream, 0, stream.ordinal.filter((ordinal) => ordinal < before).length),
    );
    const [waiting, passed] = [sliceStreamBatch(lefts as StreamBatch, 1, 3), sliceStreamBatch(rights as StreamBatch, 1, 3)];
    const out = new StateWriter();
    // Watermarks of both inputs and the last ordinal; the ordinal and sub of the last row put out, and its watermark.
    out
      .number(START + 5 * HOUR)
      .number(START + 4 * HOUR)
      .number(5);
    out
      .number(3)
      .number(0)
      .number(START + 3 * HOUR);
    writeHeldRows(out, waiting);
    writeHeldRows(out, passed);
    const run = new JoinRun(make(), 2);
    run.task.restore(new Map([['joinAsOf', { version: 1, bytes: out.finish() }]]));
    run.push(streams, 4096, before).end();
    const whole = new JoinRun(make(), 2).push(streams).end();
    expect(run.rows()).toEqual(whole.rows().slice(1));
    expect(run.rows().map(({ row }) => row.right_pm25)).toEqual([4, 4, 9]);
  });

  test('a state without a column that is wanted now is refused, or taken over with nulls', () => {
    const streams = interleaved([right(1, 1), left(1), left(2), right(3, 3), left(4), right(5, 5), left(6), right(7, 7)]);
    const { version, bytes } = new JoinRun(make(), 2).push(streams, 4096, 0, 3).task.snapshot().get('joinAsOf') as {
      version: number;
      bytes: Uint8Array;
    };
    const wider = () => new JoinRun(make({ columns: ['note', 'pm25'] }), 2);
    const cellOf = (run: JoinRun) => run.task.steps[0]?.cell as StateCell;
    expect(() => cellOf(wider()).restore(new StateReader(bytes), version)).toThrow(
      expect.objectContaining({ code: 'STATE_INCOMPATIBLE', message: expect.stringContaining("'note'") }),
    );
    const run = wider();
    expect(cellOf(run).adopt?.(new StateReader(bytes), version)).toEqual({ kept: ['pm25'], fresh: ['note'] });
    const rows = run.push(withNotes(streams), 4096, 3).end().rows();
    expect(rows.map(({ row }) => [row.right_pm25, row.right_note])).toEqual([
      [1, null],
      [1, null],
      [3, 'new'],
      [5, 'new'],
    ]);
    const other = new JoinRun(make({ rightKey: 'note' }), 2);
    expect(() => cellOf(other).adopt?.(new StateReader(bytes), version)).toThrow("no key 'note'");
  });

  test('forward needs a tolerance, and two columns cannot have one name', () => {
    expect(() => make({ direction: 'forward' })([] as never)).toThrow('tolerance');
    expect(new JoinRun(make({ prefix: '' }), 2).push(interleaved(rows)).error).toMatchObject({ code: 'SCHEMA_MISMATCH' });
  });
});
