import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import { z } from 'zod';
import {
  type InferredPlace,
  type InferredSchema,
  inferredSource,
  inferSchema,
  type RecordColumns,
  RecordWriter,
} from '../../connectors/index.ts';
import { openHome } from '../../pipeline/index.ts';
import { MillraceError } from '../../streams/index.ts';
import { command } from '../command.ts';
import { homeOf, homeOptions } from '../home-options.ts';

const SAMPLE_BYTES = 4 * 1024 * 1024;
/** So many packed bytes are unpacked: a thousand times as many may come out. */
const PACKED_BYTES = 256 * 1024;

/** `millrace infer` */
export const infer = command({
  name: 'infer',
  summary: 'looks at the first records of a topic or the first lines of a file and prints a typed schema for them',
  positionals: ['TOPIC|FILE'],
  options: z.object({ ...homeOptions, json: z.boolean().default(false).describe('print what was found as JSON') }),
  example: 'millrace infer access.log',
  async run({ positionals: [name], options }) {
    const target = name as string;
    const isFile = existsSync(target);
    const inferred = isFile ? inferSchema(linesOf(target)) : await inferTopic(target, options);
    console.log(options.json ? JSON.stringify(inferred, null, 2) : report(inferred, isFile ? { file: target } : { topic: target }));
    return 0;
  },
});

async function inferTopic(topic: string, options: Parameters<typeof homeOf>[0]): Promise<InferredSchema> {
  const home = openHome({ ...homeOf(options), readOnly: true });
  try {
    const [info] = await home.topics.list(topic);
    if (info === undefined || info.end === info.start) {
      throw new MillraceError('UNKNOWN_TOPIC', `topic '${topic}' holds no records, and there is no file of that name`);
    }
    return inferSchema(await home.topics.read(topic, info.partition, info.start, SAMPLE_BYTES));
  } finally {
    await home.close();
  }
}

/** The first whole lines of a file as records. */
export function linesOf(file: string): RecordColumns {
  const descriptor = opened(file);
  try {
    const read = new Uint8Array(SAMPLE_BYTES);
    const head = read.subarray(0, readSync(descriptor, read, 0, SAMPLE_BYTES, 0));
    const buffer = file.endsWith('.gz') ? unpacked(head) : head;
    const size = buffer.length;
    const writer = new RecordWriter();
    for (let start = 0; start < size; ) {
      const newline = buffer.indexOf(10, start);
      // A line that is cut off at the end of the sample would look broken; that of a short file ends with it.
      if ((newline < 0 || newline >= size) && size === SAMPLE_BYTES) break;
      const end = newline < 0 || newline >= size ? size : newline;
      writer.value(buffer.subarray(start, end > start && buffer[end - 1] === 13 ? end - 1 : end));
      writer.endRecord({ key: null, timestamp: 0 });
      start = end + 1;
    }
    return writer.finish();
  } finally {
    closeSync(descriptor);
  }
}

function opened(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (cause) {
    throw new MillraceError('FILE_UNREADABLE', `cannot read '${file}': ${(cause as Error).message}`, { cause });
  }
}

/** What the beginning of a gzip file holds, at most a sample of it. */
const unpacked = (head: Uint8Array): Uint8Array =>
  gunzipSync(head.subarray(0, PACKED_BYTES), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, SAMPLE_BYTES);

function report(inferred: InferredSchema, place: InferredPlace): string {
  const { format, fitting, records } = inferred;
  return `// ${fitting.toLocaleString('en-US')} of ${records.toLocaleString('en-US')} records fit ${format}\n${inferredSource(inferred, place)}`;
}
