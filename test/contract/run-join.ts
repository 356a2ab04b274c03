import type { TypeMap } from 'apache-arrow';
import { type Observable, Subject } from 'rxjs';
import { buildInTask, type StreamBatch, sliceStreamBatch } from '../../streams/index.ts';
import { type RowRecord, rowsOf } from './run-operator.ts';
import { TestTask } from './test-task.ts';

/** Makes the stream that joins several. */
export type MakeJoin = (sources: readonly Observable<StreamBatch<never>>[]) => Observable<StreamBatch<TypeMap>>;

/** A run of a step with several inputs: each turn brings rows of a range of ordinals. */
export class JoinRun {
  readonly task = new TestTask();
  readonly outputs: StreamBatch[] = [];
  error: unknown;
  completed = false;
  readonly #inputs: Subject<StreamBatch<never>>[];

  constructor(make: MakeJoin, inputs: number) {
    this.#inputs = Array.from({ length: inputs }, () => new Subject<StreamBatch<never>>());
    const output = buildInTask(this.task, () => make(this.#inputs));
    output.subscribe({
      next: (batch) => this.outputs.push(batch),
      error: (thrown) => {
        this.error = thrown;
      },
      complete: () => {
        this.completed = true;
      },
    });
  }

  /** Pushes the rows of all streams in turns of `size` ordinals, from ordinal `from` to `to`. */
  push(streams: readonly StreamBatch[], size = 4096, from = 0, to = Number.POSITIVE_INFINITY): this {
    const end = Math.min(to, Math.max(...streams.map(({ ordinal }) => (ordinal.at(-1) ?? -1) + 1)));
    for (let start = from; start < end; start += size) {
      streams.forEach((stream, input) => {
        const part = between(stream, start, Math.min(start + size, end));
        if (part.batch.numRows > 0) this.#inputs[input]?.next(part as StreamBatch<never>);
      });
      this.task.endTurn();
    }
    return this;
  }

  /** Pushes one batch per stream as a turn. */
  pushTurn(batches: readonly StreamBatch[]): this {
    batches.forEach((batch, input) => void this.#inputs[input]?.next(batch as StreamBatch<never>));
    this.task.endTurn();
    return this;
  }

  end(): this {
    for (const input of this.#inputs) input.complete();
    return this;
  }

  rows(): RowRecord[] {
    if (this.error !== undefined) throw this.error;
    return this.outputs.flatMap(rowsOf);
  }
}

/** The rows of a stream whose ordinals lie in a range. */
function between(stream: StreamBatch, from: number, to: number): StreamBatch {
  const start = rowsBefore(stream.ordinal, from);
  const end = rowsBefore(stream.ordinal, to);
  return sliceStreamBatch(stream, start, end);
}

/** How many rows have an ordinal below `ordinal`: by bisection, since benchmarks cut long streams into many turns. */
function rowsBefore(ordinals: Float64Array, ordinal: number): number {
  let [low, high] = [0, ordinals.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ordinals[middle] as number) < ordinal) low = middle + 1;
    else high = middle;
  }
  return low;
}
