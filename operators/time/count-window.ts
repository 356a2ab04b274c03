import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { type Operator, parseOptions } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import type { Aggregate } from './aggregates/aggregate.ts';
import { CountWindows } from './count-windows.ts';
import { aggregatesOption } from './tumbling-window.ts';
import { type WindowRows, windowOperator } from './window-operator.ts';

/** Options of {@link countWindow}. */
export const countWindowOptions = z.strictObject({
  rows: z.int().min(1).describe('rows in a window'),
  key: z.string().optional().describe('column whose values have windows of their own'),
  aggregates: aggregatesOption,
  partial: z.boolean().default(true).describe('true: windows that are not full when the input ends are put out then'),
});

/** Options of {@link countWindow} as they are written. */
export interface CountWindowOptions<T extends TypeMap, K extends string, A> {
  readonly rows: number;
  readonly key?: K & KeyColumn<T>;
  readonly aggregates: A;
  readonly partial?: boolean;
}

/**
 * Aggregates every `rows` rows of a key, in the order of the stream.
 *
 * A window is put out in the place of its last row; `windowStart` is its least event time and `windowEnd` its greatest plus 1 ms. No row is ever late. Windows that are not full
 * at the end of the input are put out then, in the order in which their keys were first seen. Rows without an event time are rejected. Memory: one window per key ever seen.
 *
 * Ledger: in = assigned + late + rejected (late is 0).
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, countWindow({ rows: 100, key: 'station', aggregates: { pm25: mean('pm25') } }));
 */
export function countWindow<
  T extends TypeMap,
  const A extends Readonly<Record<string, Aggregate<NoInfer<T>>>>,
  const K extends string = never,
>(options: CountWindowOptions<NoInfer<T>, K, A>): Operator<T, WindowRows<T, K, A>> {
  const settings = parseOptions('countWindow', countWindowOptions, options);
  const all = { ...settings, key: settings.key };
  return windowOperator<T, WindowRows<T, K, A>>('countWindow', {
    settings: all,
    bounds: `${all.rows} rows`,
    create: () => new CountWindows(all),
    read: (input, stored) => CountWindows.read(all, input, stored),
  });
}
