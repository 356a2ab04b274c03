import type { Float64, Int32, TimestampMillisecond, TypeMap } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { float64, float64Data, int32, int32Data, makeBatch, schema, timestamp, timestampData } from '../../columnar/index.ts';
import { dedupe, detectGaps, detectStuck, impute, lag, minMax, rolling, sequences, standardize } from '../../operators/index.ts';
import { LivingKeys } from '../../operators/keys/living-keys.ts';
import { type Operator, type StreamBatch, streamBatch } from '../../streams/index.ts';
import { OperatorRun } from '../contract/run-operator.ts';

type Rows = { at: TimestampMillisecond; id: Int32; value: Float64 };
const rowSchema = schema<Rows>({ at: timestamp(), id: int32(), value: float64() }, { eventTime: 'at' });
const BATCH = 62_500;
const KEYS = 16 * BATCH;

/** A million keys, a millisecond apart. */
const stream: readonly StreamBatch<Rows>[] = Array.from({ length: KEYS / BATCH }, (_, part) => {
  const times = Float64Array.from({ length: BATCH }, (_row, row) => part * BATCH + row);
  const columns = [timestampData(times), int32Data(Int32Array.from(times, (time) => time * 7)), float64Data(times.slice())];
  return streamBatch(makeBatch(rowSchema, columns), { firstOrdinal: part * BATCH, watermark: times });
});

const columns = ['value'] as const;
const key = 'id' as const;

/** Operators with the bytes of state that a key takes, besides the 8 of the key itself. */
const operators: readonly [name: string, bytes: number, make: (stateTtl?: string) => Operator<Rows, TypeMap>][] = [
  ['standardize', 24, (stateTtl) => standardize({ columns, key, stateTtl } as never) as never],
  ['impute', 24, (stateTtl) => impute({ columns, key, stateTtl } as never) as never],
  ['minMax', 24, (stateTtl) => minMax({ columns, key, stateTtl } as never) as never],
  ['detectStuck', 16, (stateTtl) => detectStuck({ columns, key, rows: 3, stateTtl } as never) as never],
  ['detectGaps', 8, (stateTtl) => detectGaps({ key, longerThan: '1h', stateTtl } as never) as never],
  ['lag', 16, (stateTtl) => lag({ columns, key, steps: [1], stateTtl } as never) as never],
  ['rolling', 40, (stateTtl) => rolling({ columns, key, rows: 4, stateTtl } as never) as never],
  ['sequences', 24, (stateTtl) => sequences({ columns, key, length: 2, pad: true, stateTtl } as never) as never],
];

function stateAfter(make: () => Operator<Rows, TypeMap>, batches = stream): { bytes: number; rows: number } {
  const run = new OperatorRun(make);
  let rows = 0;
  for (const batch of batches) {
    run.push(batch);
    rows += run.outputs.pop()?.batch.numRows ?? 0;
  }
  return { bytes: [...run.task.snapshot().values()][0]?.bytes.length ?? 0, rows };
}

test.each(operators)('%s keeps %d bytes for each key', (_name, bytes, make) => {
  const state = stateAfter(() => make(), stream.slice(0, 1));
  expect(state.bytes / BATCH).toBeGreaterThanOrEqual(bytes + 8);
  expect(state.bytes / BATCH).toBeLessThan(bytes + 8.1);
});

describe('a million keys', () => {
  // One operator for each kind of memory.
  test.each(operators.filter(([name]) => ['standardize', 'detectGaps', 'sequences'].includes(name)))(
    '%s keeps %d bytes for each',
    (_name, bytes, make) => {
      const state = stateAfter(() => make());
      expect(state.rows).toBe(KEYS);
      expect(state.bytes / KEYS).toBeLessThan(bytes + 8.1);
    },
  );

  test('standardize with a state ttl keeps those of the ttl', () => {
    const { bytes } = stateAfter(() => (operators[0] as (typeof operators)[0])[2]('10s'));
    expect(bytes / 10_000).toBeLessThan(24 + 8 + 8 + 1);
  });

  test('memory of keys is freed while they pass, without a snapshot', () => {
    const keys = new LivingKeys(key, 10_000);
    for (const batch of stream) {
      keys.groupsOf(batch);
      expect(keys.size).toBeLessThan(2 * 10_000 + 2 * BATCH);
    }
  });

  test('dedupe remembers as many as it may', () => {
    const few = stateAfter(() => dedupe<Rows>({ key, maxEntries: 10_000 }) as never);
    expect(few.rows).toBe(KEYS);
    expect(few.bytes).toBeLessThan(10_000 * 24);
  });
});
