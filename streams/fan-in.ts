import type { TypeMap } from 'apache-arrow';
import { Observable, Subscription } from 'rxjs';
import { MillraceError } from './millrace-error.ts';
import type { StateReader, StateWriter } from './state-bytes.ts';
import { type AdoptedState, cellOf } from './stateful-operator.ts';
import { stepFailure } from './step-attempt.ts';
import type { StreamBatch } from './stream-batch.ts';
import { currentTask, type LedgerEquation, type StepContext } from './task-context.ts';

/** The batches that each input brought in one turn of the task, in order, by input. */
export type TurnInputs<I extends readonly TypeMap[]> = { readonly [K in keyof I]: readonly StreamBatch<I[K]>[] };

/** A step with several inputs. It sees all rows of a turn at once and takes them in order of (ordinal, sub), so that cuts do not matter. */
export interface FanIn<I extends readonly TypeMap[], O extends TypeMap, S> {
  readonly version: number;
  /** Over the counters `in` (rows of all inputs), `in:0`, `in:1`, ..., `out`, `rejected` and the step's own. */
  readonly ledger: LedgerEquation;
  create(step: StepContext): S;
  onTurn(state: S, inputs: TurnInputs<I>, step: StepContext): StreamBatch<O> | undefined;
  /** Called once when all inputs have truly ended. */
  onEnd?(state: S, step: StepContext): StreamBatch<O> | undefined;
  snapshot(state: S, out: StateWriter): void;
  /** `adopts`: the columns of rows that are held may have changed since; see {@link StateCell}. */
  restore(input: StateReader, step: StepContext, adopts: boolean): S;
  migrate?(input: StateReader, version: number, step: StepContext, adopts: boolean): S;
  /** Makes a state of what fits of a snapshot that `restore` has refused; asked only where the user starts from a savepoint. */
  adopt?(input: StateReader, version: number, step: StepContext): AdoptedState<S>;
}

/**
 * Joins several streams of one task into one. Rows that arrive in a turn are held until the task has pushed the whole turn, then handed over together.
 */
export function fanIn<I extends readonly TypeMap[], O extends TypeMap, S>(
  name: string,
  sources: { readonly [K in keyof I]: Observable<StreamBatch<I[K]>> },
  operator: FanIn<I, O, S>,
): Observable<StreamBatch<O>> {
  const step = currentTask().step({ name, ledger: operator.ledger });
  if (step.onError === 'reject') {
    throw new MillraceError('INVALID_PIPELINE', "a step with several inputs cannot use onError 'reject'", {
      step: step.id,
      hint: 'use stop or retry here, and reject on the steps before it',
    });
  }
  return new Observable((subscriber) => {
    let state = operator.create(step);
    step.keep(cellOf(operator, step, { get: () => state, set: (restored) => (state = restored) }));
    let held = emptyTurn(sources.length);
    let open = sources.length;
    const emit = (run: () => StreamBatch<O> | undefined) => {
      try {
        const output = run();
        if (output === undefined) return;
        step.emitted(output);
        subscriber.next(output);
      } catch (thrown) {
        subscriber.error(stepFailure(step, thrown));
      }
    };
    const flush = () => {
      if (subscriber.closed || held.every((batches) => batches.length === 0)) return;
      const turn = held;
      held = emptyTurn(sources.length);
      emit(() => operator.onTurn(state, turn as unknown as TurnInputs<I>, step));
    };
    step.onTurnEnd(flush);
    const subscription = new Subscription();
    sources.forEach((source: Observable<StreamBatch>, input) => {
      subscription.add(
        source.subscribe({
          next: (batch) => {
            step.count('in', batch.batch.numRows);
            step.count(`in:${input}`, batch.batch.numRows);
            held[input]?.push(batch);
          },
          error: (thrown) => subscriber.error(thrown),
          complete: () => {
            open--;
            if (open > 0) return;
            flush();
            emit(() => operator.onEnd?.(state, step));
            subscriber.complete();
          },
        }),
      );
    });
    return subscription;
  });
}

const emptyTurn = (inputs: number): StreamBatch[][] => Array.from({ length: inputs }, () => []);
