import type { TypeMap } from 'apache-arrow';
import type { BatchSchema } from '../../../columnar/index.ts';
import type { Position, ReadBudget, Source, SourceBatch, SourceDefinition } from '../../contract/index.ts';
import { isReplayPosition } from './replay-position.ts';
import { type ReplaySettings, ReplaySource } from './replay-source.ts';

/**
 * A replay at full speed and without disturbance: the source itself. Where an earlier run was paced, its position names the last arrival, which only a replay can go on from: so a
 * replay that was stopped may be finished at another speed.
 */
export class ResumedSource<T extends TypeMap> implements Source<T> {
  readonly schema: BatchSchema<T>;
  readonly #definition: SourceDefinition<T>;
  readonly #settings: ReplaySettings;
  #source: Source<T> | undefined;

  constructor(definition: SourceDefinition<T>, settings: ReplaySettings) {
    this.schema = definition.schema;
    this.#definition = definition;
    this.#settings = settings;
  }

  open(partition: number, position: Position | undefined): Promise<void> {
    this.#source = isReplayPosition(position) ? new ReplaySource(this.#definition, this.#settings) : this.#definition.create();
    return this.#source.open(partition, position);
  }

  next(budget: ReadBudget): Promise<SourceBatch<T> | 'idle' | 'end'> {
    return (this.#source as Source<T>).next(budget);
  }

  async close(): Promise<void> {
    await this.#source?.close();
  }
}
