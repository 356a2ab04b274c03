import type { TypeMap } from 'apache-arrow';
import type { BatchSchema } from '../../../columnar/index.ts';
import type { Position, ReadBudget, Source, SourceBatch, SourceDefinition } from '../../contract/index.ts';
import { isReplayPosition } from './replay-position.ts';
import { type ReplaySettings, ReplaySource } from './replay-source.ts';

/**
 * A replay at full speed and without disturbance: the source itself. Where an earlier run was paced, its position names the last arrival, which only a replay can repeat and go on from: so a
 * replay that was stopped or killed may be finished at another speed.
 */
export class ResumedSource<T extends TypeMap> implements Source<T> {
  readonly schema: BatchSchema<T>;
  readonly #definition: SourceDefinition<T>;
  readonly #settings: ReplaySettings;
  #source: Source<T> | undefined;
  #partition = 0;
  #position: Position | undefined;
  #isReplay = false;

  constructor(definition: SourceDefinition<T>, settings: ReplaySettings) {
    this.schema = definition.schema;
    this.#definition = definition;
    this.#settings = settings;
  }

  open(partition: number, position: Position | undefined): Promise<void> {
    this.#partition = partition;
    this.#position = position;
    this.#isReplay = isReplayPosition(position);
    this.#source = this.#isReplay ? new ReplaySource(this.#definition, this.#settings) : this.#definition.create();
    return this.#source.open(partition, position);
  }

  async next(budget: ReadBudget): Promise<SourceBatch<T> | 'idle' | 'end'> {
    if (!this.#isReplay && isReplayPosition(budget.until)) await this.#becomeReplay();
    const read = await (this.#source as Source<T>).next(budget);
    if (typeof read !== 'string') this.#position = read.position;
    return read;
  }

  /** What has to be repeated was paced in part. */
  async #becomeReplay(): Promise<void> {
    await this.#source?.close();
    this.#isReplay = true;
    this.#source = new ReplaySource(this.#definition, this.#settings);
    await this.#source.open(this.#partition, this.#position);
  }

  async close(): Promise<void> {
    await this.#source?.close();
  }
}
