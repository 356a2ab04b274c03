import type { TypeMap } from 'apache-arrow';
import { Observable, type OperatorFunction } from 'rxjs';
import { MillraceError } from './millrace-error.ts';
import type { StateReader, StateWriter } from './state-bytes.ts';
import { StepAttempt, stepFailure } from './step-attempt.ts';
import type { StreamBatch } from './stream-batch.ts';
import { type Adoption, currentTask, type LedgerEquation, type StateCell, type StepContext } from './task-context.ts';

/** What a stateful operator is made of. All state is in `S`: a factory's closure holds none. */
export interface StatefulOperator<I extends TypeMap, O extends TypeMap, S> {
  /** Version of the snapshot's layout; raise it when the layout changes. */
  readonly version: number;
  /** Where rows go, over the counters `in`, `out`, `rejected` (kept for you) and those that the operator counts itself. */
  readonly ledger: LedgerEquation;
  /** Fresh state, once per subscription. */
  create(step: StepContext): S;
  /** Takes one batch; returns the batch to pass on, or undefined for none. A batch without rows may still carry a mark. */
  onBatch(state: S, input: StreamBatch<I>, step: StepContext): StreamBatch<O> | undefined;
  /** Called once when a bounded input has truly ended, never at a stop or an epoch's close: put out what is left. */
  onEnd?(state: S, step: StepContext): StreamBatch<O> | undefined;
  /** Frees what a state holds beside memory, a thread say: called for each state once, when another takes its place or the operator is through. */
  close?(state: S): void;
  /** Writes the state as canonical bytes. */
  snapshot(state: S, out: StateWriter): void;
  /** Makes the state of a snapshot of this version. */
  restore(input: StateReader, step: StepContext, adopts: boolean): S;
  /** Makes the state of a snapshot of an older version; without it, older versions are refused. `adopts`: as {@link StateCell.restore} says. */
  migrate?(input: StateReader, version: number, step: StepContext, adopts: boolean): S;
  /** Makes a state of what fits of a snapshot that `restore` has refused; asked only where the user starts from a savepoint. */
  adopt?(input: StateReader, version: number, step: StepContext): AdoptedState<S>;
  /** Names the first value in which two snapshots of this version differ; `millrace reproduce` shows it. */
  difference?(again: StateReader, stored: StateReader, step: StepContext): string | undefined;
}

/** A state made in part from another one, and what that part is. */
export interface AdoptedState<S> extends Adoption {
  readonly state: S;
}

/**
 * Makes an RxJS operator whose state the task snapshots, restores and digests.
 *
 * @example
 * const countRows = () => statefulOperator('countRows', {
 *   version: 1,
 *   ledger: { left: ['in'], right: ['out'] },
 *   create: () => ({ rows: 0 }),
 *   onBatch: (state, input) => { state.rows += input.batch.numRows; return input; },
 *   snapshot: (state, out) => { out.number(state.rows); },
 *   restore: (input) => ({ rows: input.number() }),
 * });
 */
export function statefulOperator<I extends TypeMap, O extends TypeMap, S>(
  name: string,
  operator: StatefulOperator<I, O, S>,
): OperatorFunction<StreamBatch<I>, StreamBatch<O>> {
  return (source) => {
    const step = currentTask().step({ name, ledger: operator.ledger });
    return new Observable((subscriber) => {
      const attempt = new StepAttempt(step);
      const { context } = attempt;
      let state = operator.create(context);
      const replace = (restored: S) => {
        operator.close?.(state);
        state = restored;
      };
      context.keep(cellOf(operator, context, { get: () => state, set: replace }));
      const emit = (output: StreamBatch<O> | undefined) => {
        if (output === undefined) return;
        step.emitted(output);
        subscriber.next(output);
      };
      const guard = (work: () => void) => {
        try {
          work();
        } catch (thrown) {
          subscriber.error(stepFailure(step, thrown));
        }
      };
      const input = source.subscribe({
        next: (input) =>
          guard(() => {
            step.count('in', input.batch.numRows);
            for (const output of attempt.run(input, (batch) => operator.onBatch(state, batch, context))) emit(output);
          }),
        error: (thrown) => subscriber.error(thrown),
        complete: () =>
          guard(() => {
            emit(operator.onEnd?.(state, context));
            subscriber.complete();
          }),
      });
      return () => {
        input.unsubscribe();
        operator.close?.(state);
      };
    });
  };
}

/** The state cell of an operator's state held in a variable of its subscription. */
export function cellOf<S>(
  operator: Pick<StatefulOperator<TypeMap, TypeMap, S>, 'version' | 'snapshot' | 'restore' | 'migrate' | 'adopt' | 'difference'>,
  step: StepContext,
  variable: { get(): S; set(state: S): void },
): StateCell {
  const difference = operator.difference?.bind(operator);
  return {
    version: operator.version,
    snapshot: (out) => operator.snapshot(variable.get(), out),
    restore: (input, version, adopts = false) => {
      if (version === operator.version) variable.set(operator.restore(input, step, adopts));
      else if (operator.migrate !== undefined && version < operator.version) variable.set(operator.migrate(input, version, step, adopts));
      else {
        throw new MillraceError('STATE_INCOMPATIBLE', `state has version ${version}, this code reads version ${operator.version}`, {
          step: step.id,
          hint: 'run the version that wrote it, or begin anew with --fresh',
        });
      }
      input.end();
    },
    ...(operator.adopt === undefined ? {} : { adopt: adopting(operator.adopt, step, variable.set) }),
    ...(difference === undefined ? {} : { difference: (again: StateReader, stored: StateReader) => difference(again, stored, step) }),
  };
}

function adopting<S>(
  adopt: NonNullable<StatefulOperator<TypeMap, TypeMap, S>['adopt']>,
  step: StepContext,
  set: (state: S) => void,
): NonNullable<StateCell['adopt']> {
  return (input, version) => {
    const { state, ...adoption } = adopt(input, version, step);
    set(state);
    return adoption;
  };
}
