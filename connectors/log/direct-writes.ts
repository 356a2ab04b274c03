import { SpareMemory } from '../../columnar/index.ts';
import type { LogCleaner } from './log-cleaner.ts';
import type { LogDatabase } from './log-database.ts';
import { blockBytes, type LogWrite, memoryOf, type WritePath } from './log-write.ts';
import { LogWriter } from './log-writer.ts';
import type { ThreadSignal } from './thread-signal.ts';
import { writeError } from './write-error.ts';

/** Writes by the home's own connection, at once. */
export class DirectWrites implements WritePath {
  readonly memory = new SpareMemory();
  readonly #file: string;
  readonly #writer: LogWriter;
  readonly #cleaner: LogCleaner;
  readonly #signal: ThreadSignal;

  constructor(database: LogDatabase, cleaner: LogCleaner, signal: ThreadSignal) {
    this.#file = database.file;
    this.#writer = new LogWriter(database.sqlite);
    this.#cleaner = cleaner;
    this.#signal = signal;
  }

  async write(write: LogWrite): Promise<void> {
    const [fault] = this.#writer.write([write]);
    for (const buffer of memoryOf(write)) this.memory.give(buffer);
    if (fault !== undefined) throw writeError(fault, this.#file);
    this.#cleaner.appended(blockBytes(write));
    this.#signal.notify();
  }

  close(): void {}
}
