import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { type Duration, duration, type Operator, parseOptions, statefulOperator, takeStreamRows } from '../../streams/index.ts';
import { eventTimes } from '../rows/event-times.ts';
import { instantText, rowText } from '../rows/row-text.ts';

/** Options of {@link watermarks}. */
export const watermarksOptions = z.strictObject({
  lateness: duration().default(0).describe('how much out of order rows may come'),
  maxAhead: duration()
    .optional()
    .describe('rows further ahead of the highest event time so far are rejected; absent: any jump is believed'),
});

/** Options of {@link watermarks} as they are written. */
export interface WatermarksOptions {
  readonly lateness?: Duration;
  readonly maxAhead?: Duration;
}

interface Progress {
  highest: number;
}

/**
 * Sets the watermarks of a stream anew: after each row, the highest event time so far less `lateness`. Sources set them already; use this to allow a branch more (or less)
 * disorder, or after an operator that changed the event time.
 *
 * One row with a date years ahead would close every window and make all rows after it late. With `maxAhead` such a row is rejected and moves nothing; the first row is always
 * believed. Jumps backwards never lower a watermark. A row without an event time passes and moves nothing. Marks of idle inputs pass on.
 *
 * Ledger: in = out + rejected.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, watermarks({ lateness: '10m', maxAhead: '1d' }), tumblingWindow({ size: '1h', aggregates: { readings: count() } }));
 */
export function watermarks<T extends TypeMap>(options: WatermarksOptions = {}): Operator<T> {
  const { lateness, maxAhead } = parseOptions('watermarks', watermarksOptions, options);
  const reach = maxAhead ?? Number.POSITIVE_INFINITY;
  return statefulOperator<T, T, Progress>('watermarks', {
    version: 1,
    ledger: { left: ['in'], right: ['out', 'rejected'] },
    create: () => ({ highest: Number.NEGATIVE_INFINITY }),
    onBatch: (progress, input, step) => {
      const times = eventTimes(input.batch);
      const watermark = new Float64Array(times.length);
      const kept = new Int32Array(times.length);
      let count = 0;
      for (let row = 0; row < times.length; row++) {
        const time = times[row] as number;
        if (time - progress.highest > reach && progress.highest > Number.NEGATIVE_INFINITY) {
          const reason = `the event time ${instantText(time)} is more than ${reach} ms ahead of the highest so far, ${instantText(progress.highest)}`;
          step.reject({ ordinal: input.ordinal[row] as number, reason, row: rowText(input.batch, row) });
          continue;
        }
        if (time > progress.highest) progress.highest = time;
        watermark[row] = progress.highest - lateness;
        kept[count++] = row;
      }
      const marked = { ...input, watermark };
      return count === times.length ? marked : takeStreamRows(marked, kept.subarray(0, count));
    },
    snapshot: ({ highest }, out) => {
      out.number(highest);
    },
    restore: (input) => ({ highest: input.number() }),
  });
}
