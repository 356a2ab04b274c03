import type { TypeMap } from 'apache-arrow';
import { MillraceError, type Origin } from './millrace-error.ts';
import { StateReader, StateWriter } from './state-bytes.ts';
import { type StreamBatch, sliceStreamBatch } from './stream-batch.ts';
import type { RejectedRow, StateCell, StepContext } from './task-context.ts';

type Work<I extends TypeMap, O extends TypeMap> = (input: StreamBatch<I>) => StreamBatch<O> | undefined;

/**
 * Runs a step's work on batches under its policy for errors. With `reject`, what a failed attempt counted, rejected and changed in the state is undone, and the batch is repeated
 * row by row: rows that fail alone go to the rejects.
 */
export class StepAttempt {
  /** What the operator has to use instead of the task's own context: counts are held back until an attempt has succeeded. */
  readonly context: StepContext;
  readonly #step: StepContext;
  #held: (() => void)[] | undefined;
  #cell: StateCell | undefined;

  constructor(step: StepContext) {
    this.#step = step;
    const hold = (act: () => void) => {
      if (this.#held === undefined) act();
      else this.#held.push(act);
    };
    this.context = {
      ...step,
      count: (counter: string, rows: number) => hold(() => step.count(counter, rows)),
      reject: (row: RejectedRow) => hold(() => step.reject(row)),
      keep: (cell: StateCell) => {
        this.#cell = cell;
        step.keep(cell);
      },
    };
  }

  /** The outputs of one batch, in order. Throws the one error of the step. */
  *run<I extends TypeMap, O extends TypeMap>(input: StreamBatch<I>, work: Work<I, O>): Generator<StreamBatch<O>> {
    if (this.#step.onError !== 'reject') {
      const output = this.#orThrow(input, work);
      if (output !== undefined) yield output;
      return;
    }
    yield* this.#halves(input, work);
  }

  /** Tries a batch; when it fails, its halves, down to the rows that fail alone. */
  *#halves<I extends TypeMap, O extends TypeMap>(input: StreamBatch<I>, work: Work<I, O>): Generator<StreamBatch<O>> {
    const { output, thrown } = this.#try(input, work);
    const rows = input.batch.numRows;
    if (output !== undefined) yield output;
    if (thrown === undefined) return;
    // A batch without rows carries a mark, which no rejects topic could take.
    if (rows === 0) throw thrown;
    if (rows === 1) this.#step.reject(rejected(input, thrown));
    else {
      const middle = Math.ceil(rows / 2);
      yield* this.#halves(sliceStreamBatch(input, 0, middle), work);
      yield* this.#halves(sliceStreamBatch(input, middle, rows), work);
    }
  }

  #orThrow<I extends TypeMap, O extends TypeMap>(input: StreamBatch<I>, work: Work<I, O>): StreamBatch<O> | undefined {
    try {
      return work(input);
    } catch (thrown) {
      throw stepFailure(this.#step, thrown, input.origin);
    }
  }

  #try<I extends TypeMap, O extends TypeMap>(
    input: StreamBatch<I>,
    work: Work<I, O>,
  ): { readonly output?: StreamBatch<O> | undefined; readonly thrown?: MillraceError } {
    const before = this.#look();
    this.#held = [];
    try {
      const output = work(input);
      const acts = this.#held;
      this.#held = undefined;
      for (const act of acts) act();
      return { output };
    } catch (thrown) {
      this.#held = undefined;
      if (before !== undefined) this.#cell?.restore(new StateReader(before), this.#cell.version);
      return { thrown: MillraceError.from(thrown, 'OPERATOR_FAILED', { step: this.#step.id, origin: input.origin }) };
    }
  }

  /** The state as bytes. */
  #look(): Uint8Array | undefined {
    if (this.#cell === undefined) return undefined;
    const out = new StateWriter();
    this.#cell.snapshot(out);
    return out.finish();
  }
}

/** The one error for what a step threw: under the policy `retry` it says that trying again can help. */
export function stepFailure(step: Pick<StepContext, 'id' | 'onError'>, thrown: unknown, origin?: Origin): MillraceError {
  const error = MillraceError.from(thrown, 'OPERATOR_FAILED', { step: step.id, origin });
  if (step.onError !== 'retry') return error;
  const { code, message, hint, cause } = error;
  return new MillraceError(code, message, { step: error.step, origin: error.origin, hint, cause: cause ?? error, retry: 'backoff' });
}

function rejected(one: StreamBatch, error: MillraceError): RejectedRow {
  return { ordinal: one.ordinal[0] as number, reason: error.message, row: rowText(one) };
}

function rowText({ batch }: StreamBatch): string {
  const row = batch.get(0)?.toJSON() ?? {};
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
