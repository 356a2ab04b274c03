import { type Data, DataType, Field, Schema, type TypeMap, type Utf8, Vector } from 'apache-arrow';
import { z } from 'zod';
import {
  type Batch,
  type ColumnName,
  columnData,
  makeBatch,
  stringView,
  takeRows,
  utf8Data,
  Validity,
  type WithColumns,
} from '../../columnar/index.ts';
import { type Operator, parseOptions, type StreamBatch, statefulOperator, takeOrder } from '../../streams/index.ts';
import { OutputOrder } from '../rows/output-order.ts';

/** Options of {@link explode}. */
export const explodeOptions = z.strictObject({
  column: z.string().describe('list column, or string column to be cut'),
  separator: z.string().min(1).default(',').describe('what separates the items of a string'),
});

/** Options of {@link explode} as they are written. */
export interface ExplodeOptions<T extends TypeMap, C extends string> {
  readonly column: C & ColumnName<T>;
  readonly separator?: string;
}

/**
 * Makes one row of each item of a list, the other columns repeated; a string is cut at `separator`, its items trimmed. The column holds the items as text afterwards.
 *
 * Rows without any item (null, an empty list, an empty string) are dropped as `dropped:empty`. The rows of one row follow each other by `sub`.
 *
 * Ledger: in = exploded + dropped:empty.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, explode({ column: 'note', separator: ' ' }));
 */
export function explode<T extends TypeMap, const C extends string>(
  options: ExplodeOptions<NoInfer<T>, C>,
): Operator<T, WithColumns<T, { [K in C]: Utf8 }>> {
  const { column, separator } = parseOptions('explode', explodeOptions, options);
  return statefulOperator<T, WithColumns<T, { [K in C]: Utf8 }>, OutputOrder>('explode', {
    version: 1,
    ledger: { left: ['in'], right: ['exploded', 'dropped:empty'] },
    create: () => new OutputOrder(),
    onBatch: (order, input, step) => {
      const itemsOf = itemReader(input.batch, column, separator);
      const from: number[] = [];
      const items: string[] = [];
      let empty = 0;
      for (let row = 0; row < input.batch.numRows; row++) {
        const found = itemsOf(row);
        if (found.length === 0) empty++;
        for (const item of found) {
          from.push(row);
          items.push(item);
        }
      }
      step.count('dropped:empty', empty);
      step.count('exploded', input.batch.numRows - empty);
      const rows = Int32Array.from(from);
      const places = takeOrder(input, rows);
      const sub = Int32Array.from(places.ordinal, (ordinal) => order.next(ordinal));
      return { ...input, ...places, sub, batch: replaced(takeRows(input.batch, rows), column, utf8Data(items)) } as StreamBatch<never>;
    },
    snapshot: (order, out) => order.write(out),
    restore: (input) => OutputOrder.read(input),
  });
}

function itemReader(batch: Batch, column: string, separator: string): (row: number) => string[] {
  const data = columnData(batch, column as never);
  if (!DataType.isList(data.type)) {
    const strings = stringView(batch, column as never);
    return (row) =>
      (strings.get(row) ?? '')
        .split(separator)
        .map((item) => item.trim())
        .filter((item) => item !== '');
  }
  const lists = new Vector([data]);
  const validity = Validity.of(data);
  return (row) => (validity.isValid(row) ? Array.from(lists.get(row) as Iterable<unknown>, String) : []);
}

function replaced(batch: Batch, column: string, data: Data): Batch {
  const at = batch.schema.fields.findIndex((field) => field.name === column);
  const fields = batch.schema.fields.map((field, index) => (index === at ? new Field(column, data.type, true) : field));
  const columns = batch.data.children.map((child, index) => (index === at ? data : child));
  return makeBatch(new Schema(fields as never, batch.schema.metadata), columns, batch.numRows);
}
