import type { TypeMap } from 'apache-arrow';
import { MillraceError } from './millrace-error.ts';
import type { StateReader, StateWriter } from './state-bytes.ts';
import type { StreamBatch } from './stream-batch.ts';

/** Wall time, injected: a pipeline never reads the machine's clock by itself. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** True where time stands still while code runs, in simulations: what would go on beside a task is then done at once. */
  readonly virtual?: boolean;
}

/** State of one step, in the charge of its task: snapshotted, digested, restored and migrated with all others. */
export interface StateCell {
  /** Version of the byte layout. */
  readonly version: number;
  /** Writes the whole state; the bytes depend on rows and their order, never on cuts, since the task's digest covers them. */
  snapshot(out: StateWriter): void;
  /**
   * Replaces the state by a snapshot of `version`. Throws STATE_INCOMPATIBLE, with the reason, when it cannot.
   *
   * @param adopts true where the user starts from a savepoint: rows that are held may be of a stream whose columns have changed since
   */
  restore(input: StateReader, version: number, adopts?: boolean): void;
  /**
   * Takes over what fits of a state that `restore` has refused, since the step has changed: a network with another head, columns added. Called only where the user starts from a
   * savepoint. Absent: such a state fits as a whole or not at all. Throws STATE_INCOMPATIBLE when nothing of it can be read.
   */
  adopt?(input: StateReader, version: number): Adoption;
  /** Names the first value in which two snapshots of this version differ, a weight say, for the user; undefined where it cannot tell. */
  difference?(again: StateReader, stored: StateReader): string | undefined;
}

/** What a step has taken over of a state that was written by other code, in the user's words: layers, columns. */
export interface Adoption {
  readonly kept: readonly string[];
  /** What begins anew. */
  readonly fresh: readonly string[];
  /** True when the step's ledger counters no longer fit its state: they begin anew, too. */
  readonly recount?: boolean;
}

/**
 * Where a step's rows went. Every step declares an equation over its counters, and the task checks it at each epoch:
 * the sum of `left` equals the sum of `right`. A filter: `{ left: ['in'], right: ['out', 'dropped:rule'] }`.
 */
export interface LedgerEquation {
  readonly left: readonly string[];
  readonly right: readonly string[];
}

/** What happens when an operator fails: the run stops, the rows that fail are rejected, or the task is opened anew from its last commit. */
export type OnError = 'stop' | 'reject' | 'retry';

/** What a step declares of itself when it is built. */
export interface StepDeclaration {
  readonly name: string;
  readonly ledger: LedgerEquation;
  /** Default `stop`. */
  readonly onError?: OnError;
}

/** Answers from outside of the pipeline, kept with their epoch so that a re-run repeats them. */
export interface AnswerJournal {
  /** The next answer kept by a committed epoch that is being re-run, in the order in which they were kept; undefined once there is none. */
  recall(): unknown;
  /** Keeps an answer, plain JSON, given after the row with this ordinal. */
  keep(ordinal: number, answer: unknown): void;
  /** True while committed rows are run again: what cannot be recalled now was never kept. */
  readonly repeating: boolean;
}

/** A row that a step could not take. The task publishes it with the raw record that it came from, where that is at hand. */
export interface RejectedRow {
  /** Ordinal of the row. */
  readonly ordinal: number;
  /** One clause: what is wrong, with the value. */
  readonly reason: string;
  /** The row as text, for rows whose record is no longer at hand. */
  readonly row: string;
}

/** One prequential score beside its naive baseline. */
export interface Score {
  /** `+1h`, say. */
  readonly name: string;
  /** `MAE`, say. */
  readonly metric: string;
  readonly model: number;
  readonly baseline: number;
  /** model / baseline. */
  readonly ratio: number;
  /** Labels counted. */
  readonly n: number;
}

/** What a step tells of itself. */
export interface StepReport {
  readonly scores?: readonly Score[];
  readonly modelVersion?: number;
}

/** What a task gives to one of its steps. */
export interface StepContext {
  /** Stable id within the pipeline, such as `impute` or `impute-2`; errors, metrics and state go by it. */
  readonly id: string;
  readonly clock: Clock;
  /** What the step's lift does when the operator throws; absent: `stop`. */
  readonly onError?: OnError;
  /** Absent outside of a task. */
  readonly journal?: AnswerJournal;
  /** Adds to one of the step's ledger counters. */
  count(counter: string, rows: number): void;
  /** A batch leaves the step: counts its rows as `out`. The lifts (mapBatch, statefulOperator, fanIn) call it for every operator. */
  emitted(batch: StreamBatch): void;
  /** Sends a row to the rejects; counts it as `rejected`. */
  reject(row: RejectedRow): void;
  /** Puts the step's state in the task's charge. */
  keep(cell: StateCell): void;
  /** Calls `flush` whenever the task has pushed all rows of one turn into the graph: fan-in steps merge there. Called in build order. */
  onTurnEnd(flush: () => void): void;
  /** Makes the task wait for `work` before its next turn. */
  waitFor(work: Promise<void>): void;
  /** Rows that the step holds from a savepoint have got other columns: tells the user, in one clause, and that its state is not what was stored. Absent outside of a task. */
  refitted?(text: string): void;
  /** What the step tells of itself in progress lines and in the run's summary (scores, say): read at each commit, plain JSON. */
  report(read: () => StepReport): void;
}

/** The task as the operators see it while a pipeline is built. */
export interface TaskContext {
  /** Makes a step; called when an operator is applied to its source, so that ids follow the order of reading. */
  step(declaration: StepDeclaration): StepContext;
}

let building: TaskContext | undefined;

/** Runs `build` with `task` as the task that steps register with. Build is synchronous, so one variable is enough; it is always reset. */
export function buildInTask<R>(task: TaskContext, build: () => R): R {
  const outer = building;
  building = task;
  try {
    return build();
  } finally {
    building = outer;
  }
}

/** The task being built; outside of one, a detached context: operators then work in any RxJS chain, and a rejected row is an error. */
export function currentTask(): TaskContext {
  return building ?? DETACHED;
}

const DETACHED: TaskContext = {
  step: ({ name }) => ({
    id: name,
    clock: { now: () => Number.NaN },
    count: () => {},
    emitted: () => {},
    keep: () => {},
    waitFor: () => {},
    report: () => {},
    onTurnEnd: () => {
      throw new MillraceError('INVALID_PIPELINE', 'steps with several inputs need a task', {
        step: name,
        hint: 'run it in a pipeline, or with runSteps of millrace/testing',
      });
    },
    reject: (row) => {
      throw new MillraceError('OPERATOR_FAILED', row.reason, { step: name, hint: 'in a pipeline such rows go to the rejects topic' });
    },
  }),
};

/**
 * Gives the steps made inside `build` a chosen id instead of the operator's name, and a policy for errors: ids of steps with state should outlive edits of the pipeline. For operators
 * there is `step`; this one serves what is no operator, `fuse` say.
 */
export function withStepId<R>(id: string, build: () => R, onError: OnError = 'stop'): R {
  const task = currentTask();
  return buildInTask({ step: (declaration) => task.step({ ...declaration, name: id, onError }) }, build);
}

/** Takes batches; side outputs (late rows, scores) are plain RxJS observers of these. */
export type BatchObserver<T extends TypeMap> = { next(batch: StreamBatch<T>): void; complete(): void };
