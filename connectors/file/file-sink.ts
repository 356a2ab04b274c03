import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { BatchSchema } from '../../columnar/index.ts';
import { parseOptions, type StreamBatch } from '../../streams/index.ts';
import { type Encoder, type Format, RecordWriter, type Sink, type SinkDefinition } from '../contract/index.ts';
import { unwritable } from './file-error.ts';

const fileSinkOptions = z.strictObject({
  format: z.custom<Format>(
    (value) => typeof (value as Format | undefined)?.encoder === 'function',
    'expected a format such as json() or csv()',
  ),
  /** Write the names of the columns as the first line of a new file, for CSV. */
  header: z.boolean().default(false),
});

/**
 * Appends rows to a text file, one record per line, exactly once: what an epoch writes is first put beside the file (`.pending`), made durable with the epoch, and
 * appended after its commit; a restart repeats an append that was cut off. Tasks beyond the first write to files of their own (`name-1.ext`). An existing file is
 * appended to.
 *
 * @throws MillraceError INVALID_OPTION; SINK_FAILED from the sink's calls, `retry: 'backoff'` when the disk is full
 * @example
 * const alerts = fileSink('alerts.ndjson', { format: json({ timestamps: 'iso' }) });
 */
export function fileSink<T extends TypeMap>(path: string, options: z.input<typeof fileSinkOptions>): SinkDefinition<T> {
  const { format, header } = parseOptions('fileSink', fileSinkOptions, options);
  return { kind: 'sink', name: path, create: () => new FileSink<T>(path, format, header) };
}

const LINE_FEED = 0x0a;
const NO_FIELDS = { key: () => null, timestamp: () => 0 };

class FileSink<T extends TypeMap> implements Sink<T> {
  readonly #format: Format;
  readonly #header: boolean;
  #encoder: Encoder<T> | undefined;
  #names = '';
  #file: string;
  #lines: Uint8Array[] = [];

  constructor(path: string, format: Format, header: boolean) {
    this.#file = path;
    this.#format = format;
    this.#header = header;
  }

  get #pending(): string {
    return `${this.#file}.pending`;
  }

  async open(task: string): Promise<void> {
    const partition = Number(/\d+$/.exec(task)?.[0] ?? 0);
    const extension = extname(this.#file);
    if (partition > 0) this.#file = `${this.#file.slice(0, this.#file.length - extension.length)}-${partition}${extension}`;
    await this.#guard(() => mkdir(dirname(this.#file), { recursive: true }));
  }

  write({ batch }: StreamBatch<T>): void {
    const writer = new RecordWriter();
    this.#encoder ??= this.#format.encoder(batch.schema as BatchSchema<T>);
    this.#names = batch.schema.fields.map((field) => field.name).join(',');
    this.#encoder.encode(batch, writer, NO_FIELDS);
    const { bytes, count, valueStart, valueLength } = writer.finish();
    const lines = new Uint8Array(bytes.length + count);
    let at = 0;
    for (let record = 0; record < count; record++) {
      const start = valueStart[record] as number;
      const length = Math.max(valueLength[record] as number, 0);
      lines.set(bytes.subarray(start, start + length), at);
      at += length;
      lines[at++] = LINE_FEED;
    }
    this.#lines.push(lines.subarray(0, at));
  }

  /** The pending file: a line of JSON (epoch, and the size that the file must have before), then the epoch's lines. */
  async prepare(epoch: number): Promise<void> {
    await this.#guard(async () => {
      const size = existsSync(this.#file) ? (await stat(this.#file)).size : 0;
      const head = `${JSON.stringify({ epoch, size })}\n`;
      const header = this.#header && size === 0 && this.#lines.length > 0 ? `${this.#names}\n` : '';
      const contents = Buffer.concat([Buffer.from(head + header), ...this.#lines]);
      this.#lines = [];
      await writeDurably(`${this.#pending}.new`, contents);
      await rename(`${this.#pending}.new`, this.#pending);
    });
  }

  async commit(epoch: number): Promise<void> {
    await this.#guard(async () => {
      const pending = await this.#readPending();
      if (pending === undefined || pending.epoch !== epoch) return;
      const file = await open(this.#file, existsSync(this.#file) ? 'r+' : 'w');
      try {
        await file.truncate(pending.size);
        await file.write(pending.lines, 0, pending.lines.length, pending.size);
        await file.sync();
      } finally {
        await file.close();
      }
      await rm(this.#pending);
    });
  }

  async recover(epoch: number | undefined): Promise<void> {
    this.#lines = [];
    if (epoch !== undefined) await this.commit(epoch);
    await this.#guard(() => rm(this.#pending, { force: true }));
  }

  async #readPending(): Promise<{ readonly epoch: number; readonly size: number; readonly lines: Uint8Array } | undefined> {
    if (!existsSync(this.#pending)) return undefined;
    const contents = await readFile(this.#pending);
    const end = contents.indexOf(LINE_FEED);
    return { ...(JSON.parse(contents.toString('utf8', 0, end)) as { epoch: number; size: number }), lines: contents.subarray(end + 1) };
  }

  async close(): Promise<void> {
    this.#lines = [];
  }

  async #guard<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (thrown) {
      throw unwritable(this.#file, thrown);
    }
  }
}

async function writeDurably(path: string, contents: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(contents);
    await file.sync();
  } finally {
    await file.close();
  }
}
