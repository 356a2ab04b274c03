import type { TypeMap } from 'apache-arrow';
import type { BatchSchema } from '../../columnar/index.ts';
import type { StreamBatch } from '../../streams/index.ts';
import { type Encoder, type Format, RecordWriter, type Sink, type SinkDefinition } from '../contract/index.ts';

/**
 * Prints rows, one record per line, after their epoch's commit. A crash between commit and printing loses those lines on the screen, never in the state; nothing is
 * printed twice.
 *
 * @example
 * const shown = stdoutSink({ format: json({ timestamps: 'iso' }) });
 */
export function stdoutSink<T extends TypeMap>(options: {
  readonly format: Format;
  readonly out?: NodeJS.WritableStream;
}): SinkDefinition<T> {
  const { format, out = process.stdout } = options;
  return { kind: 'sink', name: 'stdout', create: () => new StdoutSink<T>(format, out) };
}

class StdoutSink<T extends TypeMap> implements Sink<T> {
  readonly #format: Format;
  readonly #out: NodeJS.WritableStream;
  #encoder: Encoder<T> | undefined;
  #writer = new RecordWriter();

  constructor(format: Format, out: NodeJS.WritableStream) {
    this.#format = format;
    this.#out = out;
  }

  async open(): Promise<void> {}

  write({ batch }: StreamBatch<T>): void {
    this.#encoder ??= this.#format.encoder(batch.schema as BatchSchema<T>);
    this.#encoder.encode(batch, this.#writer, { key: () => null, timestamp: () => 0 });
  }

  async prepare(): Promise<void> {}

  async commit(): Promise<void> {
    const { bytes, count, valueStart, valueLength } = this.#writer.finish();
    const text = new TextDecoder();
    for (let record = 0; record < count; record++) {
      const start = valueStart[record] as number;
      const ready = this.#out.write(`${text.decode(bytes.subarray(start, start + Math.max(valueLength[record] as number, 0)))}\n`);
      if (!ready) await new Promise((resolve) => this.#out.once('drain', resolve));
    }
  }

  async recover(): Promise<void> {
    this.#writer = new RecordWriter();
  }

  async close(): Promise<void> {}
}
