import type { TypeMap } from 'apache-arrow';
import type { Operator } from './flow.ts';
import { type OnError, withStepId } from './task-context.ts';

/** Options of {@link step}. */
export interface StepOptions {
  /**
   * What a failing operator does to the run: `stop` (default) stops it and names the first bad row; `reject` sends the rows that fail to the rejects topic and goes on; `retry`
   * opens the task anew from its last commit, with growing pauses, and stops after eight failures at one place.
   */
  readonly onError?: OnError;
}

/**
 * Gives an operator an id of its own and a policy for errors. State, metrics and errors go by the id, so a step with state keeps it when others are added or removed.
 *
 * `reject` costs a copy of the step's state per batch, from which the batch is repeated row by row when it fails. What the operator had already sent to side outputs is not
 * taken back.
 *
 * @example
 * const scaled = flow(readings, step('scale', { onError: 'reject' }, standardize({ columns: ['pm25'] })));
 */
export function step<I extends TypeMap, O extends TypeMap>(id: string, options: StepOptions, operator: Operator<I, O>): Operator<I, O> {
  return (source) => withStepId(id, () => operator(source), options.onError);
}
