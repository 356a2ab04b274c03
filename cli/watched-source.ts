import type { TypeMap } from 'apache-arrow';
import type { Position, ReadBudget, Source, SourceBatch, SourceDefinition } from '../connectors/index.ts';

/** The same source, whose batches are also shown to `seen` as they are read. */
export function watched<T extends TypeMap>(definition: SourceDefinition<T>, seen: (batch: SourceBatch<T>) => void): SourceDefinition<T> {
  return { ...definition, create: () => new WatchedSource(definition.create(), seen) };
}

class WatchedSource<T extends TypeMap> implements Source<T> {
  readonly schema: Source<T>['schema'];
  readonly #source: Source<T>;
  readonly #seen: (batch: SourceBatch<T>) => void;

  constructor(source: Source<T>, seen: (batch: SourceBatch<T>) => void) {
    this.schema = source.schema;
    this.#source = source;
    this.#seen = seen;
  }

  open(partition: number, position: Position | undefined, bytes?: number): Promise<void> {
    return this.#source.open(partition, position, bytes);
  }

  async next(budget: ReadBudget): Promise<SourceBatch<T> | 'idle' | 'end'> {
    const read = await this.#source.next(budget);
    if (typeof read !== 'string') this.#seen(read);
    return read;
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
