import { type Duration, duration } from '../../streams/index.ts';

/** The option of operators that remember something per key and can forget keys; see `LivingKeys`. */
export const stateTtlOption = {
  stateTtl: duration()
    .refine((value) => value > 0, 'expected a duration above 0')
    .optional()
    .describe('a key not seen for this long, by the watermark, is forgotten and begins anew; absent: keys are kept forever'),
};

/** {@link stateTtlOption} as it is written. */
export interface StateTtl {
  /** Bounds the memory of streams whose keys come and go: it holds the keys of the last `stateTtl` of event time, twice as many at most. */
  readonly stateTtl?: Duration;
}
