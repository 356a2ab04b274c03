import { createReadStream } from 'node:fs';
import type { Batch, BatchSchema } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { type Format, RecordWriter } from '../../contract/index.ts';
import { unreadable } from '../format/unreadable.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const QUOTE = 34;

/**
 * The records of a text file, one per line, without line ends; in CSV a quoted field may hold line ends. Empty lines are passed over.
 *
 * @throws MillraceError FILE_UNREADABLE
 */
export async function* readLines(path: string, quoted: boolean): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  let inQuotes = false;
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      const bytes = rest.length === 0 ? (piece as Uint8Array) : Buffer.concat([rest, piece as Uint8Array]);
      let start = 0;
      for (let at = rest.length; at < bytes.length; at++) {
        if (quoted && bytes[at] === QUOTE) inQuotes = !inQuotes;
        if (bytes[at] !== LINE_FEED || inQuotes) continue;
        const line = trimmed(bytes.subarray(start, at));
        if (line.length > 0) yield line;
        start = at + 1;
      }
      rest = bytes.slice(start);
    }
  } catch (thrown) {
    if (thrown instanceof MillraceError) throw thrown;
    throw unreadable(path, (thrown as Error).message, { cause: thrown });
  }
  if (trimmed(rest).length > 0) yield trimmed(rest);
}

const trimmed = (line: Uint8Array): Uint8Array => (line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line);

/**
 * Rows of a text file, `batchRows` at a time.
 *
 * @throws MillraceError DECODE_FAILED at the first record that does not fit the schema, with its number.
 */
export async function* readRecords(
  path: string,
  schema: BatchSchema,
  format: Format,
  header: boolean,
  batchRows: number,
): AsyncGenerator<Batch> {
  const decoder = format.decoder(schema);
  let writer = new RecordWriter();
  let first = header ? 2 : 1;
  const decode = (): Batch => {
    const { batch, rejects } = decoder.decode(writer.finish());
    const [reject] = rejects;
    if (reject !== undefined)
      throw new MillraceError('DECODE_FAILED', `'${path}', record ${first + reject.record}: ${reject.reason}`, {
        hint: 'mend the record, or change the schema',
      });
    return batch;
  };
  let skip = header;
  for await (const line of readLines(path, format.name === 'csv')) {
    if (skip) {
      skip = false;
      continue;
    }
    writer.value(line);
    writer.endRecord({ key: null, timestamp: 0 });
    if (writer.count < batchRows) continue;
    const batch = decode();
    first += batch.numRows;
    writer = new RecordWriter();
    yield batch;
  }
  if (writer.count > 0) yield decode();
}
