import type { TypeMap } from 'apache-arrow';
import { type ColumnName, selectColumns } from '../../columnar/index.ts';
import { mapBatch, type Operator } from '../../streams/index.ts';

/**
 * Keeps the named columns, in the order named. Event time and key stay roles of the stream only while their columns stay.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError SCHEMA_MISMATCH when a column is missing
 * @example
 * flow(readings, select('station', 'at', 'pm25'));
 */
export function select<T extends TypeMap, const K extends ColumnName<NoInfer<T>>>(...columns: readonly K[]): Operator<T, Pick<T, K>> {
  return mapBatch<T, Pick<T, K>>('select', (batch) => selectColumns<T, K>(batch, columns));
}
