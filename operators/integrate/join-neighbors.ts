import type { Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { NumericColumn, StringColumn, WithColumns } from '../../columnar/index.ts';
import { type Duration, duration, type Operator, parseOptions, type StreamBatch, statefulOperator } from '../../streams/index.ts';
import { NeighborTable } from './neighbor-table.ts';
import { TickState } from './tick-state.ts';

/** Options of {@link joinNeighbors}. */
export const joinNeighborsOptions = z.strictObject({
  key: z.string().describe('column that tells the neighbors apart'),
  keys: z
    .array(z.string())
    .min(1)
    .refine((keys) => new Set(keys).size === keys.length, 'expected each neighbor once')
    .describe('the neighbors, as the key column names them'),
  columns: z.array(z.string()).min(1).describe('numeric columns that every row takes from every neighbor'),
  tolerance: duration().default(0).describe("greatest age of a silent neighbor's last value"),
});

/** Options of {@link joinNeighbors} as they are written. */
export interface JoinNeighborsOptions<T extends TypeMap, K extends string, C extends string> {
  readonly key: StringColumn<T>;
  readonly keys: readonly K[];
  readonly columns: readonly C[];
  readonly tolerance?: Duration;
}

/** `T` with one column per neighbor and column. */
export type WithNeighbors<T extends TypeMap, K extends string, C extends string> = WithColumns<T, { [N in `${C}_${K}`]: Float64 }>;

/**
 * Gives every row what its neighbors report at the same event time: for the sensor network as a whole, `${column}_${neighbor}` for every neighbor (itself
 * included), null where a neighbor is silent.
 *
 * The rows of one event time (a tick) are held until all `keys` have reported or event time moves on; then they go out together, in their order, in the place
 * of the row that completed them (its ordinal, counted by `sub`), and `availableAt` says when that was. A neighbor without a value in this tick gives its last one
 * if that is at most `tolerance` old. Rows of other keys, or of none, get the columns too but give nothing. A missing value (null, NaN, infinite) counts as silence.
 *
 * Event time that moves backwards ends a tick as well: sort such streams with `reorder` first, else a late row forms a tick of its own, in which only
 * values not newer than it count. Memory: the rows of one tick, 16 bytes per neighbor and column.
 *
 * Ledger: in = out + held.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, joinNeighbors({ key: 'station', keys: ['Dongsi', 'Guanyuan'], columns: ['pm25'], tolerance: '3h' })); // adds pm25_Dongsi, pm25_Guanyuan
 */
export function joinNeighbors<T extends TypeMap, const K extends string, const C extends NumericColumn<NoInfer<T>>>(
  options: JoinNeighborsOptions<NoInfer<T>, K, C>,
): Operator<T, WithNeighbors<T, K, C>> {
  const settings = parseOptions('joinNeighbors', joinNeighborsOptions, options);
  return statefulOperator<T, WithNeighbors<T, K, C>, TickState>('joinNeighbors', {
    version: 1,
    ledger: { left: ['in'], right: ['out', 'held'] },
    create: () => new TickState(new NeighborTable(settings.keys.length, settings.columns.length)),
    onBatch: (state, input, step) => {
      const before = state.heldRows;
      const output = state.append(input, settings);
      step.count('held', state.heldRows - before);
      return output as StreamBatch<WithNeighbors<T, K, C>>;
    },
    onEnd: (state, step) => {
      step.count('held', -state.heldRows);
      return state.end(settings) as StreamBatch<WithNeighbors<T, K, C>> | undefined;
    },
    snapshot: (state, out) => state.write(out),
    restore: (input) => TickState.read(new NeighborTable(settings.keys.length, settings.columns.length), input),
  });
}
