import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { BatchSchema } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import type { Encoder, Format } from '../../contract/index.ts';
import type { RowColumns } from '../columns/index.ts';
import { LineDecoder, type LineReader } from './line-decoder.ts';

/** Options of all line formats. */
export const lineOptions = z.strictObject({
  /** Longer lines are rejected unread. */
  maxBytes: z
    .number()
    .int()
    .positive()
    .default(1024 * 1024),
});

/** What a line format makes for a schema. */
export interface LineDecoding<T extends TypeMap> {
  readonly columns: RowColumns<T>;
  readonly reader: LineReader;
}

/** A format that is only read: programs write such lines, pipelines do not. */
export function readOnlyFormat(
  name: string,
  maxBytes: number,
  decoding: <T extends TypeMap>(schema: BatchSchema<T>) => LineDecoding<T>,
): Format {
  return {
    name,
    decoder: (schema) => {
      const { columns, reader } = decoding(schema);
      return new LineDecoder(columns, reader, maxBytes);
    },
    encoder: <T extends TypeMap>(): Encoder<T> => {
      throw new MillraceError('INVALID_OPTION', `format ${name} can be read but not written`, { hint: 'write json(), csv() or arrow()' });
    },
  };
}
