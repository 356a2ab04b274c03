import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { type StringColumn, withColumns } from '../../columnar/index.ts';
import { mapBatch, type Operator, parseOptions } from '../../streams/index.ts';
import { Evaluation } from '../transform/expressions/expression.ts';
import { StringExpression } from '../transform/expressions/string-expression.ts';

/** Options of {@link normalizeText}. */
export const normalizeTextOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('string columns to normalize'),
  form: z.enum(['NFC', 'NFKC', 'NFD', 'NFKD']).default('NFKC').describe('Unicode normalization form'),
  lowerCase: z.boolean().default(false).describe('true: to lower case'),
  stripAccents: z.boolean().default(false).describe('true: letters lose their marks (é becomes e)'),
});

/** Options of {@link normalizeText} as they are written. */
export interface NormalizeTextOptions<T extends TypeMap> {
  readonly columns: readonly StringColumn<T>[];
  readonly form?: 'NFC' | 'NFKC' | 'NFD' | 'NFKD';
  readonly lowerCase?: boolean;
  readonly stripAccents?: boolean;
}

/**
 * Makes texts comparable: Unicode normal form, control characters gone, white space at the ends gone and inside reduced to one blank; on request lower case and no accents.
 *
 * An empty string stays one; null stays null. A category column is changed once per distinct value.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, normalizeText({ columns: ['note'], lowerCase: true }));
 */
export function normalizeText<T extends TypeMap>(options: NormalizeTextOptions<NoInfer<T>>): Operator<T> {
  const { columns, form, lowerCase, stripAccents } = parseOptions('normalizeText', normalizeTextOptions, options);
  const normalize = (text: string) => {
    const bare = stripAccents ? text.normalize('NFD').replace(/\p{M}/gu, '') : text;
    const clean = bare
      .normalize(form)
      .replace(/\s+/g, ' ')
      .replace(/\p{Cc}/gu, '')
      .trim();
    return lowerCase ? clean.toLowerCase() : clean;
  };
  return mapBatch<T, T>('normalizeText', (batch) => {
    const evaluation = new Evaluation(batch);
    const changed = columns.map((column) => [column, StringExpression.ofColumn(column).map(normalize).column(evaluation)]);
    return withColumns(batch, Object.fromEntries(changed)) as never;
  });
}
