import { z } from 'zod';
import { decodeHeaders, type Home, type RecordColumns } from '../../connectors/index.ts';
import { openHome, systemClock } from '../../pipeline/index.ts';
import { command } from '../command.ts';
import { homeOf, homeOptions } from '../home-options.ts';

const READ_BYTES = 1024 * 1024;
const POLL = 200;

/** `millrace tail TOPIC` */
export const tail = command({
  name: 'tail',
  summary: 'prints the newest records of a topic, one a line',
  positionals: ['TOPIC'],
  options: z.object({
    ...homeOptions,
    lines: z.coerce.number().int().min(0).default(10).describe('records per partition').meta({ short: 'n' }),
    follow: z.boolean().default(false).describe('go on as records arrive').meta({ short: 'f' }),
    origin: z.boolean().default(false).describe('print partition, offset, time, key and headers too'),
  }),
  example: 'millrace tail forecasts -n 5 -f',
  async run({ positionals: [topic], options }) {
    const home = await openHome({ ...homeOf(options), readOnly: true });
    try {
      const next = await printNewest(home, topic as string, options.lines, options.origin);
      if (options.follow) await follow(home, topic as string, next, options.origin);
      return 0;
    } finally {
      await home.close();
    }
  },
});

/** Prints the last `lines` records of each partition; returns the offset after them by partition. */
async function printNewest(home: Home, topic: string, lines: number, origin: boolean): Promise<Map<number, number>> {
  const next = new Map<number, number>();
  for (const { partition, start, end } of await home.topics.list(topic)) {
    // Transaction markers take offsets on Kafka, so a little more than `lines` offsets may be needed for `lines` records.
    const newest = await readTo(home, topic, partition, Math.max(start, end - lines * 2 - 16), end);
    const shown = newest.flatMap((records) => format(records, partition, origin));
    for (const line of shown.slice(Math.max(0, shown.length - lines))) console.log(line);
    next.set(partition, end);
  }
  return next;
}

async function readTo(home: Home, topic: string, partition: number, from: number, end: number): Promise<RecordColumns[]> {
  const blocks: RecordColumns[] = [];
  for (let offset = from; offset < end; ) {
    const records = await home.topics.read(topic, partition, offset, READ_BYTES);
    if (records.count === 0) break;
    blocks.push(records);
    offset = (records.offset[records.count - 1] as number) + 1;
  }
  return blocks;
}

/** Prints records as they arrive, until the user interrupts. */
async function follow(home: Home, topic: string, next: Map<number, number>, origin: boolean): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  while (!stop.signal.aborted) {
    const printed = await printMore(home, topic, next, origin);
    if (!printed) await systemClock.sleep(POLL, stop.signal);
  }
}

async function printMore(home: Home, topic: string, next: Map<number, number>, origin: boolean): Promise<boolean> {
  let printed = false;
  for (const [partition, offset] of next) {
    const records = await home.topics.read(topic, partition, offset, READ_BYTES);
    if (records.count === 0) continue;
    for (const line of format(records, partition, origin)) console.log(line);
    next.set(partition, (records.offset[records.count - 1] as number) + 1);
    printed = true;
  }
  return printed;
}

const decoder = new TextDecoder();

function format(records: RecordColumns, partition: number, origin: boolean): readonly string[] {
  const text = (start: number, length: number) => (length < 0 ? '' : decoder.decode(records.bytes.subarray(start, start + length)));
  return Array.from({ length: records.count }, (_, record) => {
    const value = text(records.valueStart[record] as number, records.valueLength[record] as number);
    if (!origin) return value;
    const key = text(records.keyStart[record] as number, records.keyLength[record] as number);
    const start = records.headersStart[record] as number;
    const headers = decodeHeaders(records.bytes.subarray(start, start + (records.headersLength[record] as number)));
    const shown = headers.map((header) => `${header.key}=${header.value === null ? '' : decoder.decode(header.value)}`).join(' ');
    const time = new Date(records.timestamp[record] as number).toISOString();
    return `${partition}/${records.offset[record]} ${time} ${key} ${shown} ${value}`.replaceAll(/ {2,}/g, ' ');
  });
}
