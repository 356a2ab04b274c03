import type { Data, TypeMap } from 'apache-arrow';
import { type Batch, float64Data, numberView, ValidityBuilder, withColumns } from '../../columnar/index.ts';
import { type Operator, type StreamBatch, statefulOperator, withBatch } from '../../streams/index.ts';
import { type ColumnMemory, columnMemoryState } from './column-memory.ts';

/** One column of a batch with its place in the operator's memory. */
export interface KeyedColumn {
  readonly column: string;
  /** The values, NaN where missing (null, NaN or infinite). */
  readonly values: Float64Array;
  /** Per row: where the memory of its key and this column begins. */
  readonly at: Int32Array;
  /** The memory of all keys. */
  readonly memory: Float64Array;
  readonly input: StreamBatch;
}

/** An operator that makes columns of others row by row, with some numbers of memory per key and column. */
export interface KeyedColumnsOperator {
  readonly key: string | undefined;
  /** When keys are forgotten, in ms of event time; absent: never. */
  readonly stateTtl: number | undefined;
  readonly columns: readonly string[];
  /** Numbers of memory per key and column, and what they are at first. */
  readonly width: number;
  readonly initial?: number;
  /** Columns made of one column, in row order. */
  compute(column: KeyedColumn): Readonly<Record<string, Data>>;
}

/** Lifts row-by-row arithmetic with memory per key to an operator that keeps rows: in = out. */
export function keyedColumns<T extends TypeMap, O extends TypeMap>(
  name: string,
  { key, stateTtl, columns, width, initial = 0, compute }: KeyedColumnsOperator,
): Operator<T, O> {
  const stride = width * columns.length;
  return statefulOperator<T, O, ColumnMemory>(name, {
    ...columnMemoryState({ key, stateTtl, columns, width, initial }),
    ledger: { left: ['in'], right: ['out'] },
    onBatch: ({ groups, values }, input) => {
      const rows = groups.groupsOf(input);
      const known = values.reserve(groups.size);
      const added: Record<string, Data> = {};
      columns.forEach((column, index) => {
        const at = rows.map((group) => group * stride + index * width);
        Object.assign(added, compute({ column, values: presentNumbers(input.batch, column), at, memory: known, input }));
      });
      return withBatch(input, withColumns(input.batch, added)) as StreamBatch<O>;
    },
  });
}

/** A numeric column with NaN where it is null, NaN or infinite. */
export function presentNumbers(batch: Batch, column: string): Float64Array {
  const { values, validity, length } = numberView(batch, column);
  const numbers = new Float64Array(length);
  for (let row = 0; row < length; row++) {
    const value = values[row] as number;
    numbers[row] = Number.isFinite(value) && validity.isValid(row) ? value : Number.NaN;
  }
  return numbers;
}

/** A float64 column with null where a value is NaN. */
export function presentData(values: Float64Array): Data {
  const nulls = new ValidityBuilder(values.length);
  for (let row = 0; row < values.length; row++) if (Number.isNaN(values[row])) nulls.setNull(row);
  return float64Data(values, nulls);
}
