import type { Data, Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { float64Data, type NumericColumn, numberView, ValidityBuilder, type WithColumns, withColumns } from '../../columnar/index.ts';
import { MillraceError, type Operator, parseOptions, type StreamBatch, statefulOperator, withBatch } from '../../streams/index.ts';
import { type ColumnMemory, columnMemoryState } from '../keys/column-memory.ts';
import { isMissing, type KeyColumn } from '../keys/key-groups.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';

/** Options of {@link impute}. */
export const imputeOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns whose missing values are filled'),
  key: z.string().optional().describe('column whose values are filled independently of each other'),
  ...stateTtlOption,
  method: z
    .enum(['last', 'mean', 'constant'])
    .default('last')
    .describe("the key's last value, the running mean of its values, or `initial` always"),
  limit: z.int().min(1).optional().describe('most rows in a row that are filled, per key and column; absent: no limit'),
  initial: z.number().optional().describe('what stands in before a key has any value; absent: such values stay null'),
  flag: z.string().min(1).default('Imputed').describe('suffix of the columns that tell filled values (1) from measured ones (0)'),
});

/** Options of {@link impute} as they are written. */
export interface ImputeOptions<T extends TypeMap, C extends string, F extends string> extends StateTtl {
  readonly columns: readonly C[];
  readonly key?: KeyColumn<T>;
  readonly method?: 'last' | 'mean' | 'constant';
  readonly limit?: number;
  readonly initial?: number;
  readonly flag?: F;
}

/** The columns that {@link impute} makes: the filled ones as float64, and a flag for each. */
export type Imputed<T extends TypeMap, C extends string, F extends string> = WithColumns<T, { [K in C | `${C}${F}`]: Float64 }>;

/** Per key and column: last value or sum, how many values were seen, how many rows were filled since the last value. */
const WIDTH = 3;

/**
 * Fills missing values (null, NaN or infinite) from earlier rows of the same key; `${column}Imputed` is 1 where a value was filled, else 0.
 *
 * Filled columns become float64. A value stays null (flag 0) where nothing is known yet and no `initial` is given, and beyond `limit` rows in a row.
 * `mean` is the running mean of all values of the key up to this row. "Earlier" is by row order: out-of-order rows are filled from the row before them
 * in the stream, whatever their event times. Memory: 24 bytes per key and column. For linear interpolation, which must wait for the next value, see `interpolate`.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, impute({ columns: ['pm25', 'temperature'], key: 'station', limit: 24 }));
 */
export function impute<T extends TypeMap, const C extends NumericColumn<NoInfer<T>>, const F extends string = 'Imputed'>(
  options: ImputeOptions<NoInfer<T>, C, F>,
): Operator<T, Imputed<T, C, F>> {
  const { columns, key, stateTtl, method, limit, initial, flag } = parseOptions('impute', imputeOptions, options);
  if (method === 'constant' && initial === undefined)
    throw new MillraceError('INVALID_OPTION', "impute: method 'constant' needs `initial`", {
      hint: 'give the value to fill in as `initial`',
    });
  const fill = filler(method, limit ?? Number.POSITIVE_INFINITY, initial);
  return statefulOperator<T, Imputed<T, C, F>, ColumnMemory>('impute', {
    ...columnMemoryState({ key, stateTtl, columns, width: WIDTH }),
    ledger: { left: ['in'], right: ['out'] },
    onBatch: ({ groups, values }, input) => {
      const rows = groups.groupsOf(input);
      const known = values.reserve(groups.size);
      const added = columns.map((column, index) => {
        const [filled, flags] = fillColumn(input, column, rows, (group) => (group * columns.length + index) * WIDTH, known, fill);
        return { [column]: filled, [`${column}${flag}`]: flags };
      });
      return withBatch(input, withColumns(input.batch, Object.assign({}, ...added))) as StreamBatch<Imputed<T, C, F>>;
    },
  });
}

/** How one method remembers values and fills gaps. At `at`: last value or sum, values seen, rows filled since the last value. */
interface Filler {
  learn(known: Float64Array, at: number, value: number): void;
  /** NaN: the value stays unknown. */
  fill(known: Float64Array, at: number): number;
}

function filler(method: 'last' | 'mean' | 'constant', limit: number, initial = Number.NaN): Filler {
  const guess = {
    constant: () => initial,
    last: (known: Float64Array, at: number) => (known[at + 1] === 0 ? initial : (known[at] as number)),
    mean: (known: Float64Array, at: number) => (known[at + 1] === 0 ? initial : (known[at] as number) / (known[at + 1] as number)),
  }[method];
  return {
    learn: (known, at, value) => {
      known[at] = method === 'mean' ? (known[at] as number) + value : value;
      known[at + 1] = (known[at + 1] as number) + 1;
      known[at + 2] = 0;
    },
    fill: (known, at) => {
      if ((known[at + 2] as number) >= limit) return Number.NaN;
      known[at + 2] = (known[at + 2] as number) + 1;
      return guess(known, at);
    },
  };
}

function fillColumn(
  input: StreamBatch,
  column: string,
  groups: Int32Array,
  placeOf: (group: number) => number,
  known: Float64Array,
  method: Filler,
): readonly [Data, Data] {
  const view = numberView(input.batch, column);
  const filled = new Float64Array(view.length);
  const flags = new Float64Array(view.length);
  const nulls = new ValidityBuilder(view.length);
  for (let row = 0; row < view.length; row++) {
    const at = placeOf(groups[row] as number);
    if (isMissing(view.values, view.validity, row)) {
      const value = method.fill(known, at);
      if (Number.isNaN(value)) nulls.setNull(row);
      else {
        filled[row] = value;
        flags[row] = 1;
      }
    } else {
      filled[row] = view.values[row] as number;
      method.learn(known, at, filled[row] as number);
    }
  }
  return [float64Data(filled, nulls), float64Data(flags)];
}
