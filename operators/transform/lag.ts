import type { Data, Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { float64Data, type NumericColumn, numberView, ValidityBuilder, type WithColumns, withColumns } from '../../columnar/index.ts';
import { type Operator, parseOptions, type StreamBatch, statefulOperator, withBatch } from '../../streams/index.ts';
import { isMissing, type KeyColumn, KeyGroups } from '../keys/key-groups.ts';
import { PerKey } from '../keys/per-key.ts';

/** Options of {@link lag}. */
export const lagOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns to look back in'),
  key: z.string().optional().describe('column whose values have a past of their own'),
  steps: z.array(z.int().min(1)).min(1).describe('how many rows of the key to look back; each gives a column'),
});

/** Options of {@link lag} as they are written. */
export interface LagOptions<T extends TypeMap, C extends string, N extends number> {
  readonly columns: readonly C[];
  readonly key?: KeyColumn<T>;
  readonly steps: readonly N[];
}

/** `T` with the columns that {@link lag} adds. */
export type Lagged<T extends TypeMap, C extends string, N extends number> = WithColumns<T, { [K in `${C}Lag${N}`]: Float64 }>;

interface LagState {
  readonly groups: KeyGroups;
  /** Per key: rows seen, then a ring of values per column; NaN where missing. */
  readonly past: PerKey;
}

/**
 * Adds values of earlier rows of the same key: `${column}Lag${n}` is the value n rows before, null before there are as many.
 *
 * It counts rows, not time: on a stream with gaps put `resample` before it. Missing values (null, NaN, infinite) come out as null.
 * Memory per key: 8 bytes per column and greatest step.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, lag({ columns: ['pm25'], key: 'station', steps: [1, 24] })); // adds pm25Lag1, pm25Lag24
 */
export function lag<T extends TypeMap, const C extends NumericColumn<NoInfer<T>>, const N extends number>(
  options: LagOptions<NoInfer<T>, C, N>,
): Operator<T, Lagged<T, C, N>> {
  const { columns, key, steps } = parseOptions('lag', lagOptions, options);
  const depth = Math.max(...steps);
  const width = 1 + columns.length * depth;
  return statefulOperator<T, Lagged<T, C, N>, LagState>('lag', {
    version: 1,
    ledger: { left: ['in'], right: ['out'] },
    create: () => ({ groups: new KeyGroups(key), past: new PerKey(width, 0) }),
    onBatch: ({ groups, past }, input) => {
      const rows = groups.groupsOf(input.batch);
      const memory = past.reserve(groups.size);
      const places = placesOf(rows, memory, width);
      const added: Record<string, Data> = {};
      columns.forEach((column, index) => {
        Object.assign(added, laggedColumn(input, column, places, memory, { depth, ringAt: 1 + index * depth, steps }));
      });
      return withBatch(input, withColumns(input.batch, added)) as StreamBatch<Lagged<T, C, N>>;
    },
    snapshot: ({ groups, past }, out) => {
      groups.write(out);
      past.write(out);
    },
    restore: (input) => ({ groups: KeyGroups.read(key, input), past: PerKey.read(width, 0, input) }),
  });
}

/** Where the keys of a batch's rows keep their past, and how many rows each key had seen before the row. */
interface Places {
  readonly start: Int32Array;
  readonly seen: Float64Array;
}

function placesOf(groups: Int32Array, memory: Float64Array, width: number): Places {
  const start = new Int32Array(groups.length);
  const seen = new Float64Array(groups.length);
  for (let row = 0; row < groups.length; row++) {
    const at = (groups[row] as number) * width;
    start[row] = at;
    seen[row] = memory[at] as number;
    memory[at] = (memory[at] as number) + 1;
  }
  return { start, seen };
}

interface Ring {
  readonly depth: number;
  /** Where the column's ring begins within the memory of a key. */
  readonly ringAt: number;
  readonly steps: readonly number[];
}

function laggedColumn(input: StreamBatch, column: string, { start, seen }: Places, memory: Float64Array, ring: Ring) {
  const { values, validity, length } = numberView(input.batch, column);
  const { depth, ringAt, steps } = ring;
  const lags = steps.map((step) => ({ step, values: new Float64Array(length), nulls: new ValidityBuilder(length) }));
  for (let row = 0; row < length; row++) {
    const base = (start[row] as number) + ringAt;
    const count = seen[row] as number;
    for (const lagged of lags) {
      const value = lagged.step > count ? Number.NaN : (memory[base + ((count - lagged.step) % depth)] as number);
      if (Number.isNaN(value)) lagged.nulls.setNull(row);
      else lagged.values[row] = value;
    }
    memory[base + (count % depth)] = isMissing(values, validity, row) ? Number.NaN : (values[row] as number);
  }
  return Object.fromEntries(lags.map((lagged) => [`${column}Lag${lagged.step}`, float64Data(lagged.values, lagged.nulls)]));
}
