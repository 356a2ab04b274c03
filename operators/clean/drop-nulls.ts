import { DataType, type TypeMap } from 'apache-arrow';
import { type ColumnName, columnData, numberView, Validity } from '../../columnar/index.ts';
import { filterBatch, type Operator } from '../../streams/index.ts';
import { rowsWhere } from '../rows/rows-where.ts';

/**
 * Drops rows in which one of the columns is null or NaN; without columns, any of all.
 *
 * Infinities and empty strings are values and stay.
 *
 * Ledger: in = out + dropped:null.
 *
 * @throws MillraceError SCHEMA_MISMATCH
 * @example
 * flow(readings, dropNulls('pm25', 'temperature'));
 */
export function dropNulls<T extends TypeMap>(...columns: readonly ColumnName<NoInfer<T>>[]): Operator<T> {
  return filterBatch<T>('dropNulls', 'null', (batch) => {
    const names = columns.length > 0 ? columns : batch.schema.fields.map((field) => field.name as ColumnName<T>);
    const dropped = new Uint8Array(batch.numRows);
    for (const name of names) {
      const data = columnData(batch, name);
      const validity = Validity.of(data);
      const numbers = DataType.isFloat(data.type) ? numberView(batch, name).values : undefined;
      if (validity.complete && numbers === undefined) continue;
      for (let row = 0; row < dropped.length; row++) {
        if (!validity.isValid(row) || (numbers !== undefined && Number.isNaN(numbers[row]))) dropped[row] = 1;
      }
    }
    return rowsWhere(dropped.length, (row) => dropped[row] === 0);
  });
}
