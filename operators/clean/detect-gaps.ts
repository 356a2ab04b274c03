import type { Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { float64Data, type WithColumns, withColumns } from '../../columnar/index.ts';
import {
  type Duration,
  duration,
  type Operator,
  parseOptions,
  type StreamBatch,
  statefulOperator,
  withBatch,
} from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { presentData } from '../keys/keyed-columns.ts';
import { LivingKeys } from '../keys/living-keys.ts';
import { PerKey } from '../keys/per-key.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';
import { eventTimes } from '../rows/event-times.ts';

/** Options of {@link detectGaps}. */
export const detectGapsOptions = z.strictObject({
  key: z.string().optional().describe('column whose values are watched independently'),
  ...stateTtlOption,
  longerThan: duration().describe('a pause longer than this is a gap'),
});

/** Options of {@link detectGaps} as they are written. */
export interface DetectGapsOptions<T extends TypeMap> extends StateTtl {
  readonly key?: KeyColumn<T>;
  readonly longerThan: Duration;
}

/** The latest event time of every key. */
interface SilenceState {
  readonly groups: LivingKeys;
  readonly latest: PerKey;
}

function managed(groups: LivingKeys, latest: PerKey): SilenceState {
  groups.manage(latest);
  return { groups, latest };
}

/**
 * Tells how long a key was silent before each row: adds `sinceLast` (ms of event time since the latest row of the key, null for its first, negative for a late row) and `gap`
 * (1 where that is longer than `longerThan`, else 0).
 *
 * Memory: 8 bytes per key. A row without an event time has null and 0, and is not remembered.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, detectGaps({ key: 'station', longerThan: '2h' }));
 */
export function detectGaps<T extends TypeMap>(
  options: DetectGapsOptions<NoInfer<T>>,
): Operator<T, WithColumns<T, { sinceLast: Float64; gap: Float64 }>> {
  const { key, stateTtl, longerThan } = parseOptions('detectGaps', detectGapsOptions, options);
  return statefulOperator<T, WithColumns<T, { sinceLast: Float64; gap: Float64 }>, SilenceState>('detectGaps', {
    version: 1,
    ledger: { left: ['in'], right: ['out'] },
    create: () => managed(new LivingKeys(key, stateTtl), new PerKey(1, Number.NaN)),
    onBatch: ({ groups, latest }, input) => {
      const rows = groups.groupsOf(input);
      const known = latest.reserve(groups.size);
      const times = eventTimes(input.batch);
      const sinceLast = new Float64Array(times.length);
      const gap = new Float64Array(times.length);
      for (let row = 0; row < times.length; row++) {
        const group = rows[row] as number;
        const time = times[row] as number;
        sinceLast[row] = time - (known[group] as number);
        gap[row] = (sinceLast[row] as number) > longerThan ? 1 : 0;
        if (!((known[group] as number) >= time) && !Number.isNaN(time)) known[group] = time;
      }
      return withBatch(input, withColumns(input.batch, { sinceLast: presentData(sinceLast), gap: float64Data(gap) })) as StreamBatch<never>;
    },
    snapshot: ({ groups, latest }, out) => {
      groups.write(out);
      latest.write(out);
    },
    restore: (input) => managed(LivingKeys.read(key, stateTtl, input), PerKey.read(1, Number.NaN, input)),
  });
}
