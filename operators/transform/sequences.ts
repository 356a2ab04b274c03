import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { type NumericColumn, type TensorType, tensorData, type WithColumns, withColumns } from '../../columnar/index.ts';
import {
  type AdoptedState,
  type Duration,
  duration,
  type Operator,
  parseOptions,
  type StateReader,
  type StreamBatch,
  statefulOperator,
  takeStreamRows,
  withBatch,
} from '../../streams/index.ts';
import { type ColumnLayout, columnsUnknown, fittingColumns, readLayout, requireSame, writeLayout } from '../keys/column-memory.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { LivingKeys } from '../keys/living-keys.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';
import { SequenceRings } from './sequence-rings.ts';

/** Options of {@link sequences}. */
export const sequencesOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns of one step of the sequence'),
  key: z.string().optional().describe('column whose values have sequences of their own'),
  ...stateTtlOption,
  length: z.int().min(1).describe('rows in a sequence'),
  output: z.string().min(1).default('sequence').describe('name of the tensor column'),
  gap: duration()
    .optional()
    .describe('largest distance in event time within a sequence: beyond it, or backwards, the sequence starts anew'),
  pad: z
    .boolean()
    .default(false)
    .describe('true: sequences that are not full yet begin with zeros; false: their rows are dropped as warm-up'),
});

/** Options of {@link sequences} as they are written. */
export interface SequencesOptions<T extends TypeMap, O extends string> extends StateTtl {
  readonly columns: readonly NumericColumn<T>[];
  readonly key?: KeyColumn<T>;
  readonly length: number;
  readonly output?: O;
  readonly gap?: Duration;
  readonly pad?: boolean;
}

/**
 * Adds a tensor column with the last `length` rows of the key, this row being the last: `length` x columns float32 values, oldest row first, the input of
 * recurrent and convolutional networks.
 *
 * Values are rounded to float32; missing ones (null, NaN, infinite) become 0, so standardize or impute before. Rows whose sequence is not full are dropped
 * as `dropped:warmup`, or padded with zeros in front. With `gap` a sequence never spans a pause, nor time that runs backwards (late rows).
 * Memory per key: 8 bytes per step and column.
 *
 * Ledger: in = out + dropped:warmup.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, sequences({ columns: ['pm25', 'temperature'], key: 'station', length: 24 })); // adds sequence: 24 x 2 values
 */
export function sequences<T extends TypeMap, const O extends string = 'sequence'>(
  options: SequencesOptions<NoInfer<T>, O>,
): Operator<T, WithColumns<T, { [K in O]: TensorType }>> {
  const { columns, key, stateTtl, length, output, gap, pad } = parseOptions('sequences', sequencesOptions, options);
  const layout: ColumnLayout = { key, stateTtl, columns, width: length };
  return statefulOperator<T, WithColumns<T, { [K in O]: TensorType }>, SequenceRings>('sequences', {
    version: 2,
    ledger: { left: ['in'], right: ['out', 'dropped:warmup'] },
    create: () => new SequenceRings(new LivingKeys(key, stateTtl), length, columns.length),
    onBatch: (rings, input, step) => {
      const { rows, values } = rings.append(input, columns, gap ?? Number.POSITIVE_INFINITY, pad);
      const kept = rows.length === input.batch.numRows ? input : takeStreamRows(input, rows);
      step.count('dropped:warmup', input.batch.numRows - rows.length);
      const tensor = tensorData(values, length * columns.length);
      return withBatch(kept, withColumns(kept.batch, { [output]: tensor } as never)) as StreamBatch<never>;
    },
    snapshot: (rings, out) => {
      writeLayout(layout, out);
      rings.write(out);
    },
    restore: (input) => {
      requireSame(layout, readLayout(input));
      return readRings(layout, input);
    },
    migrate: (input) => readRings(layout, input),
    adopt: (input, version) => adoptRings(layout, input, version),
  });
}

const readRings = ({ key, stateTtl, columns, width }: ColumnLayout, input: StateReader) =>
  SequenceRings.read(LivingKeys.read(key, stateTtl, input), width, columns.length, input);

/** Sequences of the columns that are still there; in those of added columns the steps so far are missing. */
function adoptRings(layout: ColumnLayout, input: StateReader, version: number): AdoptedState<SequenceRings> {
  if (version !== 2) throw columnsUnknown(version);
  const stored = readLayout(input);
  const { kept, fresh } = fittingColumns(layout, stored);
  const { key, stateTtl, columns, width } = layout;
  if (kept.length === 0) return { state: new SequenceRings(new LivingKeys(key, stateTtl), width, columns.length), kept, fresh };
  const places = columns.map((column) => stored.columns.indexOf(column));
  return { state: readRings({ ...stored, stateTtl }, input).rearranged(places), kept, fresh };
}
