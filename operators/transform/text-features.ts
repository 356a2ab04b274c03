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
import { addHashed } from './hash-encode.ts';

/** Options of {@link textFeatures}. */
export const textFeaturesOptions = z.strictObject({
  column: z.string().describe('string column to read'),
  size: z.int().min(1).max(65_536).describe('values of the tensor'),
  words: z.int().min(0).max(4).default(2).describe('longest run of words that counts as a token; 0: none'),
  characters: z.int().min(0).max(6).default(0).describe('length of the runs of characters within words that count as tokens; 0: none'),
  output: z.string().min(1).default('text').describe('name of the tensor column'),
});

/** Options of {@link textFeatures} as they are written. */
export interface TextFeaturesOptions<T extends TypeMap, O extends string> {
  readonly column: StringColumn<T>;
  readonly size: number;
  readonly words?: number;
  readonly characters?: number;
  readonly output?: O;
}

/**
 * Turns text into a tensor for a model: words (runs of letters, digits and apostrophes, in lower case) and runs of them, hashed to `size` places, scaled to length 1.
 *
 * Runs of characters help with inflections and typing errors. Null and texts without words give zeros. No table is kept.
 *
 * Ledger: in = out.
 *
 * Source: feature hashing as in `hashEncode`.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, textFeatures({ column: 'note', size: 64, words: 2, characters: 3 })); // adds text: 64 values
 */
export function textFeatures<T extends TypeMap, const O extends string = 'text'>(
  options: TextFeaturesOptions<NoInfer<T>, O>,
): Operator<T, WithColumns<T, { [K in O]: TensorType }>> {
  const { column, size, words, characters, output } = parseOptions('textFeatures', textFeaturesOptions, options);
  return mapBatch<T, WithColumns<T, { [K in O]: TensorType }>>('textFeatures', (batch) => {
    const strings = stringView(batch, column as ColumnName<T>);
    const values = new Float32Array(batch.numRows * size);
    for (let row = 0; row < batch.numRows; row++) {
      for (const token of tokensOf(strings.get(row) ?? '', words, characters)) addHashed(values, row * size, size, token);
      scaleToOne(values.subarray(row * size, (row + 1) * size));
    }
    return withColumns(batch, { [output]: tensorData(values, size) } as never) as never;
  });
}

/** The words of a text, in lower case. */
export function tokenize(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}

function* tokensOf(text: string, words: number, characters: number): Generator<string> {
  const found = tokenize(text);
  for (let length = 1; length <= words; length++) {
    for (let from = 0; from + length <= found.length; from++) yield found.slice(from, from + length).join(' ');
  }
  if (characters === 0) return;
  for (const word of found) {
    const marked = `<${word}>`;
    for (let from = 0; from + characters <= marked.length; from++) yield `#${marked.slice(from, from + characters)}`;
  }
}

function scaleToOne(values: Float32Array): void {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  if (length > 0) for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) / length;
}
