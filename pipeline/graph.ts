import { Subject } from 'rxjs';
import { buildInTask, type Clock, MillraceError, type StreamBatch } from '../streams/index.ts';
import type { Pipeline } from './definition.ts';
import { Steps } from './steps.ts';

/** Takes what reaches a sink. Called synchronously while a turn is pushed. */
export type SinkInlet = (batch: StreamBatch) => void;

/**
 * The operators of one task, wired once and then driven synchronously: batches are pushed into its inlets, results arrive at the sink inlets.
 */
export class Graph {
  readonly steps: Steps;
  readonly #inlets: ReadonlyMap<string, Subject<StreamBatch>>;
  #failure: unknown;
  #failed = false;
  #open: number;

  constructor(pipeline: Pipeline, clock: Clock, sinks: ReadonlyMap<string, SinkInlet>, onNotice?: (notice: string) => void) {
    this.steps = new Steps(clock, onNotice);
    this.#inlets = new Map(Object.keys(pipeline.sources).map((name) => [name, new Subject<StreamBatch>()]));
    const streams = this.#wire(pipeline);
    const missing = Object.keys(pipeline.sinks).filter((name) => streams?.[name] === undefined);
    if (missing.length > 0) {
      throw new MillraceError('INVALID_PIPELINE', `flow returns no stream for ${missing.map((name) => `'${name}'`).join(', ')}`, {
        hint: 'return one stream for each sink: { [sink]: stream }',
      });
    }
    this.#open = sinks.size;
    for (const [name, inlet] of sinks) {
      // Subscribing registers each step's state cell with the task.
      buildInTask(this.steps, () =>
        streams[name]?.subscribe({
          // An observer that throws would do so outside of the turn, where nobody waits for it.
          next: (batch) => this.#guard(() => inlet(batch)),
          error: (thrown) => this.#fail(thrown),
          complete: () => {
            this.#open--;
          },
        }),
      );
    }
  }

  #wire(pipeline: Pipeline): ReturnType<Pipeline['flow']> {
    try {
      return buildInTask(this.steps, () => pipeline.flow(Object.fromEntries(this.#inlets)));
    } catch (thrown) {
      if (thrown instanceof MillraceError) throw thrown;
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      throw new MillraceError('INVALID_PIPELINE', `flow of pipeline '${pipeline.name}' failed: ${message}`, { cause: thrown });
    }
  }

  #guard(take: () => void): void {
    try {
      take();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #fail(thrown: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#failure = thrown;
  }

  #check(): void {
    if (this.#failed) throw this.#failure;
  }

  /** Pushes the batches of one turn, input by input, and lets fan-in steps and asynchronous work finish. */
  async push(turn: readonly { readonly input: string; readonly batch: StreamBatch }[]): Promise<void> {
    for (const { input, batch } of turn) {
      this.#inlets.get(input)?.next(batch);
      this.#check();
    }
    await this.steps.endTurn();
    this.#check();
  }

  /** Ends all inputs: operators put out what they still hold. */
  async complete(): Promise<void> {
    for (const inlet of this.#inlets.values()) {
      inlet.complete();
      this.#check();
    }
    await this.steps.endTurn();
    this.#check();
    if (this.#open > 0) {
      throw new MillraceError('INVALID_PIPELINE', `${this.#open} sinks did not end with their sources`, {
        hint: 'side outputs have to complete: pass them to an operator, or merge them with a stream that ends',
      });
    }
  }

  /** Frees the operators without ending their inputs: nothing is put out. */
  close(): void {
    for (const inlet of this.#inlets.values()) inlet.error(CLOSED);
  }
}

const CLOSED = new MillraceError('INTERNAL', 'the task was closed');
