import type { Float64, TimestampMillisecond, TypeMap } from 'apache-arrow';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import type { NumericColumn } from '../../columnar/index.ts';
import { type Duration, duration, fanIn, parseOptions, type StreamBatch } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';
import { FusedState } from './fused-state.ts';

/** Options of {@link fuse}. */
export const fuseOptions = z.strictObject({
  every: duration()
    .refine((value) => value >= 1, 'expected at least 1 ms')
    .describe('distance of the ticks'),
  key: z.string().optional().describe('column that all streams have, whose values are fused apart'),
  columns: z.record(z.string(), z.array(z.string()).min(1)).describe('numeric columns to take, by name of the stream'),
  maxTicks: z.int().min(1).default(1000).describe('most ticks put out for one leap of event time; those before are left out'),
  stateTtl: stateTtlOption.stateTtl.describe(
    'a key of which all streams are silent for longer, at a tick, is forgotten and begins anew; absent: keys are kept forever',
  ),
});

/** Streams to fuse, by name. */
export type FusedStreams = Readonly<Record<string, Observable<StreamBatch>>>;

type RowsOfStream<S> = S extends Observable<StreamBatch<infer T>> ? T : never;

/** The rows of {@link fuse}: `at`, the key, `${stream}_${column}` and `${stream}_age` (ms). */
export type Fused<C extends Readonly<Record<string, readonly string[]>>, K extends string, Key extends TypeMap[string]> = {
  [N in K | 'at' | { [S in keyof C & string]: `${S}_${C[S][number] | 'age'}` }[keyof C & string]]: N extends 'at'
    ? TimestampMillisecond
    : N extends K
      ? Key
      : Float64;
};

/**
 * Fuses streams of sensors that report at times of their own into one row per tick (and key): the last value of every column, and how old it is.
 *
 * At every multiple of `every` that event time passes, each key gets a row `at` that tick with `${stream}_${column}`, the last value not after it (null where there is none), and `${stream}_age`, the
 * ms since that stream's last row of the key. A silent sensor holds nothing up: its age grows. The streams' rows are taken in the order of the task; ticks go out in the place of the first row whose watermark
 * passes them, so allow for disorder by the sources' lateness. A row not later than the last one of its stream and key, or not later than the last tick, changes nothing (counted as `late`). A leap
 * of event time gives at most `maxTicks` ticks. Null keys are fused like others. With `stateTtl`
 * a key of which all streams have been silent for longer goes out no more. Memory: 8 bytes per key, stream and column.
 *
 * Ledger: in = fused + late.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * fuse({ air: airReadings, wind: windReadings }, { every: '10m', key: 'station', columns: { air: ['pm25'], wind: ['speed'] } }); // air_pm25, air_age, wind_speed, wind_age
 */
export function fuse<
  S extends FusedStreams,
  const C extends { readonly [N in keyof S & string]: readonly NumericColumn<RowsOfStream<S[N]>>[] },
  const K extends KeyColumn<RowsOfStream<S[keyof S]>> & string = never,
>(
  streams: S,
  options: StateTtl & { readonly every: Duration; readonly key?: K; readonly columns: C; readonly maxTicks?: number },
): Observable<StreamBatch<Fused<C, K, RowsOfStream<S[keyof S]>[K]>>> {
  const settings = parseOptions('fuse', fuseOptions, options);
  const names = Object.keys(streams);
  const sources = names.map((name) => streams[name] as Observable<StreamBatch>);
  return fanIn<readonly TypeMap[], TypeMap, FusedState>('fuse', sources, {
    version: 1,
    ledger: { left: ['in'], right: ['fused', 'late'] },
    create: () => new FusedState(settings, names),
    onTurn: (state, inputs, step) => {
      const { output, late } = state.take(inputs as readonly (readonly StreamBatch[])[]);
      const rows = inputs.flat().reduce((sum, { batch }) => sum + batch.numRows, 0);
      step.count('late', late);
      step.count('fused', rows - late);
      return output;
    },
    snapshot: (state, out) => state.write(out),
    restore: (input) => FusedState.read(settings, names, input),
  }) as never;
}
