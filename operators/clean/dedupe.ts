import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { rolesOf } from '../../columnar/index.ts';
import { type Duration, duration, type Operator, parseOptions, statefulOperator, takeStreamRows } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { type KeyValues, keyValues } from '../keys/key-values.ts';
import { hashNumber } from '../keys/number-interner.ts';
import { eventTimes } from '../rows/event-times.ts';
import { pairHash, SeenTable, WARM_ROWS } from './seen-table.ts';

/** Options of {@link dedupe}. */
export const dedupeOptions = z.strictObject({
  key: z.string().optional().describe('column whose value, with the event time, tells rows apart; absent: the event time alone'),
  ttl: duration().default(86_400_000).describe('how far behind the watermark an event time is still remembered'),
  maxEntries: z
    .int()
    .min(1)
    .default(1_048_576)
    .describe('most (key, event time) pairs remembered; beyond it the oldest arrivals are forgotten'),
  beyond: z.enum(['pass', 'drop']).default('pass').describe('what happens to rows older than the ttl, which cannot be checked any more'),
});

/** Options of {@link dedupe} as they are written. */
export interface DedupeOptions<T extends TypeMap> {
  readonly key?: KeyColumn<T>;
  readonly ttl?: Duration;
  readonly maxEntries?: number;
  readonly beyond?: 'pass' | 'drop';
}

/**
 * Keeps the first row of each (key, event time) and drops later ones: a message sent twice counts once.
 *
 * Memory is bounded twice: a pair is forgotten when its event time lies `ttl` behind the watermark, and beyond `maxEntries` the oldest arrivals go first
 * (about 40 bytes a pair and the key's string). A row older than the ttl cannot be checked: it passes (or drops, as `beyond` says) and is
 * counted as `unchecked`. On a stream without event time the key alone tells rows apart, and only `maxEntries` bounds the memory.
 * Event time that jumps ahead by years takes the watermark with it: rows that follow count as too old to check.
 * Null is a key like others. Out-of-order rows are checked like all.
 *
 * Ledger: in = out + dropped:duplicate + dropped:unchecked.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, dedupe({ key: 'station', ttl: '2h' }));
 */
export function dedupe<T extends TypeMap>(options: DedupeOptions<NoInfer<T>> = {}): Operator<T> {
  const { key, ttl, maxEntries, beyond } = parseOptions('dedupe', dedupeOptions, options);
  return statefulOperator<T, T, SeenTable>('dedupe', {
    version: 1,
    ledger: { left: ['in'], right: ['out', 'dropped:duplicate', 'dropped:unchecked'] },
    create: () => new SeenTable(maxEntries),
    onBatch: (seen, input, step) => {
      const { batch, watermark } = input;
      const timed = rolesOf(batch.schema).eventTime !== undefined;
      const times = timed ? eventTimes(batch) : new Float64Array(batch.numRows);
      const keys = keyValues(batch, key);
      const hashes = pairHashes(keys, times);
      const kept = new Int32Array(batch.numRows);
      let count = 0;
      let unchecked = 0;
      for (let row = 0; row < batch.numRows; row++) {
        if (row % WARM_ROWS === 0) seen.warm(hashes.subarray(row, row + WARM_ROWS));
        const time = times[row] as number;
        const horizon = timed ? (watermark[row] as number) - ttl : Number.NEGATIVE_INFINITY;
        seen.expire(horizon);
        if (time < horizon) {
          unchecked++;
          if (beyond === 'pass') kept[count++] = row;
        } else if (isNew(seen, keys, row, time, hashes[row] as number)) kept[count++] = row;
      }
      const droppedUnchecked = beyond === 'drop' ? unchecked : 0;
      step.count('unchecked', unchecked);
      step.count('dropped:unchecked', droppedUnchecked);
      step.count('dropped:duplicate', batch.numRows - count - droppedUnchecked);
      return count === batch.numRows ? input : takeStreamRows(input, kept.subarray(0, count));
    },
    snapshot: (seen, out) => seen.write(out),
    restore: (input) => SeenTable.read(maxEntries, input),
  });
}

function pairHashes(keys: KeyValues, times: Float64Array): Int32Array {
  const hashes = new Int32Array(times.length);
  const { numbers } = keys;
  if (numbers === undefined) for (let row = 0; row < hashes.length; row++) hashes[row] = pairHash(keys.hash(row), times[row] as number);
  else for (let row = 0; row < hashes.length; row++) hashes[row] = pairHash(hashNumber(numbers[row] as number), times[row] as number);
  return hashes;
}

function isNew(seen: SeenTable, keys: KeyValues, row: number, time: number, hash: number): boolean {
  if (keys.numbers === undefined) return seen.add(keys.get(row), time, hash);
  return seen.addNumber(keys.numbers[row] as number, time, hash);
}
