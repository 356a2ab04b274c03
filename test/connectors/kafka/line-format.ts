import { makeBatch, schema, utf8, utf8Data } from '../../../columnar/index.ts';
import type { Format, TopicDefinition } from '../../../connectors/contract/index.ts';

/** One column: the record's value as text. */
export const lines = schema({ line: utf8() });

/** A format for tests: a value is one row; a value that begins with `!` cannot be decoded. */
const lineFormat = {
  name: 'line',
  decoder: () => ({
    decode(records) {
      const text = Buffer.from(records.bytes.buffer, records.bytes.byteOffset, records.bytes.byteLength);
      const values = Array.from({ length: records.count }, (_, record) => {
        const start = records.valueStart[record] as number;
        return text.toString('utf8', start, start + (records.valueLength[record] as number));
      });
      const kept = values.flatMap((value, record) => (value.startsWith('!') ? [] : [record]));
      return {
        batch: makeBatch(lines, [utf8Data(kept.map((record) => values[record]))]),
        record: Int32Array.from(kept),
        rejects: values.flatMap((value, record) => (value.startsWith('!') ? [{ record, reason: 'begins with !' }] : [])),
      };
    },
  }),
  encoder: () => {
    throw new Error('not used');
  },
} as Format;

export const lineTopic = (name: string): TopicDefinition<{ line: ReturnType<typeof utf8>['type'] }> => ({
  kind: 'topic',
  name,
  schema: lines,
  format: lineFormat,
  partitions: 1,
  allowedLateness: 0,
});
