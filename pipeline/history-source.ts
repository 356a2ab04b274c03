import type { BatchSchema, TypeMap } from '../columnar/index.ts';
import type { Position, ReadBudget, Source, SourceBatch } from '../connectors/index.ts';

/** The history of a handover: ends when all of it was read or, in a re-run, as much of it as was read before its topics took over. */
export class HistorySource implements Source<TypeMap> {
  readonly schema: BatchSchema;
  readonly #inner: Source<TypeMap>;
  readonly #topics: readonly string[];
  readonly #check: () => Promise<void>;
  /** How far it was read. */
  #past: Position = {};

  /** @param check throws when the history is not what it was when it was opened; asked at its end */
  constructor(inner: Source<TypeMap>, topics: readonly string[], check: () => Promise<void>) {
    this.schema = inner.schema;
    this.#inner = inner;
    this.#topics = topics;
    this.#check = check;
  }

  async open(partition: number, position: Position | undefined, bytes?: number): Promise<void> {
    this.#past = position ?? {};
    await this.#inner.open(partition, position, bytes);
  }

  async next(budget: ReadBudget): Promise<SourceBatch<TypeMap> | 'idle' | 'end'> {
    const batch = await this.#inner.next(budget);
    if (typeof batch !== 'string') {
      this.#past = batch.position;
      return batch;
    }
    if (batch === 'idle' && !this.#repeatsLive(budget)) return batch;
    await this.#check();
    return 'end';
  }

  /** Whether a re-run has repeated the history as far as it was read, and has to go on in the topics. */
  #repeatsLive({ until = {} }: ReadBudget): boolean {
    if (!this.#topics.some((topic) => until[topic] !== undefined)) return false;
    return Object.entries(until).every(([stream, end]) => this.#topics.includes(stream) || (this.#past[stream] ?? 0) >= end);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
