import type { Data, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { float64Data, numberView, ValidityBuilder, withColumns } from '../../columnar/index.ts';
import { type Operator, parseOptions, type StreamBatch, statefulOperator, withBatch } from '../../streams/index.ts';
import { type ColumnMemory, columnMemoryState } from '../keys/column-memory.ts';
import { isMissing, type KeyColumn } from '../keys/key-groups.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';

/** Options of operators that look back by rows of a key. */
export const pastOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns to look back in'),
  key: z.string().optional().describe('column whose values have a past of their own'),
  ...stateTtlOption,
  steps: z.array(z.int().min(1)).min(1).describe('how many rows of the key to look back; each gives a column'),
});

/** {@link pastOptions} as they are written. */
export interface PastOptions<T extends TypeMap, C extends string, N extends number> extends StateTtl {
  readonly columns: readonly C[];
  readonly key?: KeyColumn<T>;
  readonly steps: readonly N[];
}

/** Which columns an operator makes of the past: per column and step one, named by `name`, its values by `project`. */
export interface PastColumns {
  readonly columns: readonly string[];
  readonly steps: readonly number[];
  name(column: string, step: number): string;
  /** The new value from the row's own and the one `step` rows before; NaN (missing) becomes null. */
  project(now: number, then: number): number;
}

const depthOf = ({ steps }: PastColumns) => Math.max(...steps);

/** Looks back among the last values of every key, as many as the greatest step asks for; NaN where missing. Per key: rows seen, then a ring of values per column. */
export class PastValues {
  readonly #depth: number;
  readonly #width: number;
  readonly #made: PastColumns;

  constructor(made: PastColumns) {
    this.#made = made;
    this.#depth = depthOf(made);
    this.#width = 1 + made.columns.length * this.#depth;
  }

  /** Takes the rows of a batch in order; returns it with the new columns. */
  append(input: StreamBatch, past: ColumnMemory): StreamBatch['batch'] {
    const groups = past.groups.groupsOf(input);
    const memory = past.values.reserve(past.groups.size);
    const places = placesOf(groups, memory, this.#width);
    const added: Record<string, Data> = {};
    this.#made.columns.forEach((column, index) => {
      Object.assign(added, this.#columnsOf(input, column, places, memory, 1 + index * this.#depth));
    });
    return withColumns(input.batch, added);
  }

  #columnsOf(input: StreamBatch, column: string, { start, seen }: Places, memory: Float64Array, ringAt: number): Record<string, Data> {
    const { values, validity, length } = numberView(input.batch, column);
    const depth = this.#depth;
    const made = this.#made.steps.map((step) => ({ step, values: new Float64Array(length), nulls: new ValidityBuilder(length) }));
    for (let row = 0; row < length; row++) {
      const base = (start[row] as number) + ringAt;
      const count = seen[row] as number;
      const now = isMissing(values, validity, row) ? Number.NaN : (values[row] as number);
      for (const past of made) {
        const then = past.step > count ? Number.NaN : (memory[base + ((count - past.step) % depth)] as number);
        const value = this.#made.project(now, then);
        if (Number.isNaN(value)) past.nulls.setNull(row);
        else past.values[row] = value;
      }
      memory[base + (count % depth)] = now;
    }
    return Object.fromEntries(made.map((past) => [this.#made.name(column, past.step), float64Data(past.values, past.nulls)]));
  }
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

/** An operator that adds columns made of a row's own values and earlier ones of its key. */
export function pastOperator<T extends TypeMap, O extends TypeMap>(
  name: string,
  options: unknown,
  make: Pick<PastColumns, 'name' | 'project'>,
): Operator<T, O> {
  const { key, stateTtl, ...past } = parseOptions(name, pastOptions, options);
  const made: PastColumns = { ...past, ...make };
  const values = new PastValues(made);
  return statefulOperator<T, O, ColumnMemory>(name, {
    ...columnMemoryState({ key, stateTtl, columns: made.columns, width: depthOf(made), shared: 1, unknown: Number.NaN }),
    ledger: { left: ['in'], right: ['out'] },
    onBatch: (past, input) => withBatch(input, values.append(input, past)) as StreamBatch<O>,
  });
}
