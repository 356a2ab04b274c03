import type { TypeMap } from 'apache-arrow';
import type { BatchSchema } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { type ColumnBuilder, misfit, NULL, NumberColumn, putText, RowColumns } from '../columns/index.ts';

/** The fields of a line format, each led to the column of its name where the schema has one. */
export class FieldColumns<T extends TypeMap> {
  readonly columns: RowColumns<T>;
  /** Per field: its column, or -1. */
  readonly #column: Int32Array;

  /** @throws MillraceError INVALID_OPTION when the schema has a column that is no field of the format. */
  constructor(format: string, fields: readonly string[], schema: BatchSchema<T>) {
    this.columns = new RowColumns(schema, format);
    const { names } = this.columns;
    const stranger = names.find((name) => !fields.includes(name));
    if (stranger !== undefined) {
      throw new MillraceError('INVALID_OPTION', `format ${format} has no field '${stranger}'`, {
        hint: `its fields are ${fields.join(', ')}`,
      });
    }
    this.#column = Int32Array.from(fields, (field) => names.indexOf(field));
  }

  /** Whether anybody wants the field. */
  wants(field: number): boolean {
    return (this.#column[field] as number) >= 0;
  }

  /** Sets a field from text; the reason when it does not fit. */
  text(field: number, row: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    const column = this.#column[field] as number;
    if (column < 0) return undefined;
    const builder = this.columns.builders[column] as ColumnBuilder;
    if (putText(builder, row, bytes, start, end)) return undefined;
    return misfit(this.columns.names[column] as string, builder, bytes, start, end);
  }

  /** Sets a field that is a number or an instant already; text columns get its decimal digits. */
  number(field: number, row: number, value: number): string | undefined {
    const column = this.#column[field] as number;
    if (column < 0) return undefined;
    const builder = this.columns.builders[column] as ColumnBuilder;
    if (builder instanceof NumberColumn && builder.put(row, value)) return undefined;
    const bytes = new TextEncoder().encode(String(value));
    return this.text(field, row, bytes, 0, bytes.length);
  }

  /** Sets a field to null. */
  none(field: number, row: number): void {
    const column = this.#column[field] as number;
    if (column >= 0) (this.columns.builders[column] as ColumnBuilder).state[row] = NULL;
  }
}
