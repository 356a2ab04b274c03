/** A million keys through each join: every row finds its own, and the state follows what may still match. */
import { describe, expect, test } from 'vitest';
import { numberView } from '../../../columnar/index.ts';
import { globalTable, intervalJoin, joinAsOf, lookupJoin } from '../../../operators/index.ts';
import type { StreamBatch } from '../../../streams/index.ts';
import { JoinRun, type MakeJoin } from '../../contract/run-join.ts';
import { type KeyedRows, keyedRows } from '../keyed-rows.ts';

const TURN = 62_500;
const KEYS = 16 * TURN;

/** A key a millisecond; the right row of a key comes right before the left one, of equal time. */
const turns: readonly (readonly StreamBatch<KeyedRows>[])[] = Array.from({ length: KEYS / TURN }, (_, turn) =>
  [1, 0].map((first) => {
    const times = Float64Array.from({ length: TURN }, (_row, row) => turn * TURN + row);
    const rows = keyedRows(
      times,
      (row) => (turn * TURN + row) * 7,
      (row) => turn * TURN + row,
    );
    return { ...rows, ordinal: times.map((time) => 2 * time + first) };
  }),
);

/** Runs all turns; counts the rows that found the value of their own key. */
function runTurns(make: MakeJoin): { found: number; bytes: number } {
  const run = new JoinRun(make, 2);
  let found = 0;
  for (const turn of turns) {
    run.pushTurn(turn);
    if (run.error !== undefined) throw run.error;
    for (const { batch } of run.outputs.splice(0)) {
      const [own, right] = ['value', 'right_value'].map((name) => numberView(batch as never, name as never));
      for (let row = 0; row < batch.numRows; row++) if (right?.validity.isValid(row) && right.values[row] === own?.values[row]) found++;
    }
  }
  return { found, bytes: [...run.task.snapshot().values()][0]?.bytes.length as number };
}

const options = { key: 'id', columns: ['value'], prefix: 'right_' };
const asOf =
  (tolerance?: string): MakeJoin =>
  ([left, right]) =>
    joinAsOf(right as never, { ...options, tolerance } as never)(left as never) as never;
const lookup =
  (stateTtl?: string): MakeJoin =>
  ([left, right]) =>
    lookupJoin(globalTable(right as never, { key: 'id' } as never), { ...options, stateTtl } as never)(left as never) as never;
const interval: MakeJoin = ([left, right]) =>
  intervalJoin(right as never, { ...options, after: '0s', before: '1s' } as never)(left as never) as never;

/** Time, key and value, ordinal, sub and watermark. */
const ROW_BYTES = 8 + 4 + 8 + 8 + 4 + 8;

describe('a million keys', () => {
  test('joinAsOf keeps one right row for each', () => {
    const { found, bytes } = runTurns(asOf());
    // The last left row waits for the watermark.
    expect(found).toBe(KEYS - 1);
    expect(bytes / KEYS).toBeLessThan(ROW_BYTES + 0.1);
  });

  test('joinAsOf with a tolerance keeps those within it', () => {
    const { found, bytes } = runTurns(asOf('10s'));
    expect(found).toBe(KEYS - 1);
    expect(bytes / 10_000).toBeLessThan(ROW_BYTES + 1);
  });

  test('intervalJoin keeps the rows within the interval', () => {
    const { found, bytes } = runTurns(interval);
    expect(found).toBe(KEYS);
    expect(bytes / 1000).toBeLessThan(2 * ROW_BYTES + 4);
  });

  test('lookupJoin keeps the table', () => {
    const { found, bytes } = runTurns(lookup());
    expect(found).toBe(KEYS);
    expect(bytes / KEYS).toBeLessThan(ROW_BYTES + 0.1);
  });

  test('lookupJoin with a state ttl keeps the rows of the ttl', () => {
    const { found, bytes } = runTurns(lookup('10s'));
    expect(found).toBe(KEYS);
    expect(bytes / 10_000).toBeLessThan(ROW_BYTES + 1);
  });
});
