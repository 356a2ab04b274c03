import { MillraceError } from '../../streams/index.ts';
import { type Home, RecordWriter } from '../contract/index.ts';
import { splitRecords } from './record-splitter.ts';

/** Options of {@link ingestLines}. */
export interface IngestOptions {
  readonly partition?: number;
  /** A longer line is cut off there and marked by the error; 16 MiB unless given. */
  readonly maxBytes?: number;
  /** Wall clock for record timestamps; the system's unless given. */
  readonly now?: () => number;
}

/** Lines at once in one append. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Appends each line of a stream (stdin, a socket) to a topic, durably, before more is read: what cannot be read again is kept first. Resolves with the number of lines at the
 * stream's end.
 *
 * @throws MillraceError SOURCE_FAILED for a line over the limit, and what the home throws
 * @example
 * await ingestLines(process.stdin, home, 'events');
 */
export async function ingestLines(
  input: AsyncIterable<Uint8Array | string>,
  home: Home,
  topic: string,
  options: IngestOptions = {},
): Promise<number> {
  const { partition = 0, maxBytes = 16 * 1024 * 1024, now = Date.now } = options;
  let rest: Uint8Array = new Uint8Array(0);
  let lines = 0;
  const append = async (bytes: Uint8Array, last: boolean) => {
    const { starts, lengths, end } = splitRecords(bytes, bytes.length, last, Number.POSITIVE_INFINITY, undefined);
    rest = bytes.subarray(end);
    if (rest.length > maxBytes || lengths.some((length) => length > maxBytes)) {
      throw new MillraceError('SOURCE_FAILED', `line ${lines + 1} or one soon after it is longer than ${maxBytes} bytes`, {
        hint: 'raise maxBytes, or check that the input is lines of text',
      });
    }
    if (starts.length === 0) return;
    const writer = new RecordWriter();
    const timestamp = now();
    starts.forEach((start, index) => {
      writer.value(bytes.subarray(start, start + (lengths[index] as number)));
      writer.endRecord({ key: null, timestamp });
    });
    await home.topics.append(topic, partition, writer.finish());
    lines += starts.length;
  };
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
      await append(Buffer.concat([rest, bytes.subarray(from, from + CHUNK_BYTES)]), false);
    }
  }
  await append(rest, true);
  return lines;
}
