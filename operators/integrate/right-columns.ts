import type { Data, TypeMap } from 'apache-arrow';
import { type Batch, float64Data, takeData, type WithColumns, withColumns } from '../../columnar/index.ts';
import { MillraceError } from '../../streams/index.ts';

/** `L` with columns `C` of `R`, their names behind a prefix. */
export type Joined<L extends TypeMap, R extends TypeMap, C extends string, P extends string> = WithColumns<
  L,
  { [N in `${P}${C}`]: N extends `${P}${infer Name}` ? (Name extends keyof R ? R[Name] : never) : never }
>;

/** What a join takes from its right side. */
export interface RightColumns {
  readonly columns: readonly string[];
  readonly prefix: string;
}

/**
 * Left rows with the columns of the right rows that match them, as `rightColumn` gives them (undefined: there is no such column). While the right stream has brought no row at all its types are
 * unknown: its columns are then float64 nulls.
 */
export function joinColumns(
  left: Batch,
  rightColumn: ((name: string) => Data | undefined) | undefined,
  rows: number,
  { columns, prefix }: RightColumns,
): Batch {
  const added = new Map<string, Data>();
  for (const column of columns) {
    const name = `${prefix}${column}`;
    if (added.has(name) || left.schema.fields.some((field) => field.name === name))
      throw new MillraceError('SCHEMA_MISMATCH', `the join would make a second column '${name}'`, {
        hint: 'give the right columns a prefix',
      });
    const taken = rightColumn === undefined ? nullNumbers(rows) : rightColumn(column);
    if (taken === undefined) throw new MillraceError('SCHEMA_MISMATCH', `the right stream has no column '${column}'`);
    added.set(name, taken);
  }
  return withColumns(left, Object.fromEntries(added));
}

/** A column of nulls whose type is not known: of float64. */
export const nullNumbers = (rows: number): Data => takeData(float64Data(new Float64Array(0)), new Int32Array(rows).fill(-1));
