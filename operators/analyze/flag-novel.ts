import type { Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { float64Data, type StringColumn, type WithColumns, withColumns } from '../../columnar/index.ts';
import { type Operator, parseOptions, type StreamBatch, statefulOperator, withBatch } from '../../streams/index.ts';
import { SeenTable } from '../clean/seen-table.ts';
import { keyValues } from '../keys/key-values.ts';

/** Options of {@link flagNovel}. */
export const flagNovelOptions = z.strictObject({
  column: z.string().describe('string column to watch'),
  maxValues: z.int().min(1).default(65_536).describe('most values remembered; beyond it those first seen longest ago are forgotten'),
});

/** Options of {@link flagNovel} as they are written. */
export interface FlagNovelOptions<T extends TypeMap, C extends string> {
  readonly column: C & StringColumn<T>;
  readonly maxValues?: number;
}

/**
 * Flags values never seen before: adds `${column}Novel`, 1 where the value comes for the first time, else 0. Null is never novel. A value forgotten beyond `maxValues` is novel again.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, flagNovel({ column: 'note' })); // adds noteNovel
 */
export function flagNovel<T extends TypeMap, const C extends string>(
  options: FlagNovelOptions<NoInfer<T>, C>,
): Operator<T, WithColumns<T, { [K in `${C}Novel`]: Float64 }>> {
  const { column, maxValues } = parseOptions('flagNovel', flagNovelOptions, options);
  return statefulOperator<T, WithColumns<T, { [K in `${C}Novel`]: Float64 }>, SeenTable>('flagNovel', {
    version: 1,
    ledger: { left: ['in'], right: ['out'] },
    create: () => new SeenTable(maxValues),
    onBatch: (seen, input) => {
      const values = keyValues(input.batch, column as never);
      const flags = new Float64Array(input.batch.numRows);
      for (let row = 0; row < flags.length; row++) {
        const value = values.get(row);
        if (value !== null && seen.add(value, 0, values.hash(row))) flags[row] = 1;
      }
      return withBatch(input, withColumns(input.batch, { [`${column}Novel`]: float64Data(flags) })) as StreamBatch<never>;
    },
    snapshot: (seen, out) => seen.write(out),
    restore: (input) => SeenTable.read(maxValues, input),
  });
}
