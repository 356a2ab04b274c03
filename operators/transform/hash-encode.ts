import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import {
  type ColumnName,
  type StringColumn,
  stringView,
  type TensorType,
  tensorData,
  type WithColumns,
  withColumns,
} from '../../columnar/index.ts';
import { mapBatch, type Operator, parseOptions } from '../../streams/index.ts';
import { hashString } from '../keys/key-values.ts';

/** Options of {@link hashEncode}. */
export const hashEncodeOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('string columns to encode together'),
  size: z.int().min(1).max(65_536).describe('values of the tensor'),
  output: z.string().min(1).default('hashed').describe('name of the tensor column'),
});

/** Options of {@link hashEncode} as they are written. */
export interface HashEncodeOptions<T extends TypeMap, O extends string> {
  readonly columns: readonly StringColumn<T>[];
  readonly size: number;
  readonly output?: O;
}

/**
 * Encodes categories of any number as a tensor of fixed size: each (column, value) adds 1 or -1 at a place given by its hash. New values need no table and no memory; two values may share a
 * place, and the signs keep such sums unbiased. Null adds nothing; the empty string is a value.
 *
 * Ledger: in = out.
 *
 * Source: K. Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, hashEncode({ columns: ['station', 'note'], size: 16 })); // adds hashed: 16 values
 */
export function hashEncode<T extends TypeMap, const O extends string = 'hashed'>(
  options: HashEncodeOptions<NoInfer<T>, O>,
): Operator<T, WithColumns<T, { [K in O]: TensorType }>> {
  const { columns, size, output } = parseOptions('hashEncode', hashEncodeOptions, options);
  return mapBatch<T, WithColumns<T, { [K in O]: TensorType }>>('hashEncode', (batch) => {
    const values = new Float32Array(batch.numRows * size);
    for (const column of columns) {
      const strings = stringView(batch, column as ColumnName<T>);
      for (let row = 0; row < batch.numRows; row++) {
        const value = strings.get(row);
        if (value !== null) addHashed(values, row * size, size, `${column}=${value}`);
      }
    }
    return withColumns(batch, { [output]: tensorData(values, size) } as never) as never;
  });
}

/** Adds 1 or -1 at the place of a token among `size` values from `at` on. */
export function addHashed(values: Float32Array, at: number, size: number, token: string): void {
  const hash = Math.imul(hashString(token) ^ 0x5bd1e995, 0x9e3779b1);
  // The high bits choose the place, the lowest the sign: they are independent.
  const place = at + (((hash >>> 1) ^ (hash >>> 17)) % size);
  values[place] = (values[place] as number) + ((hash & 1) === 0 ? 1 : -1);
}
