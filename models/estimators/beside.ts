import type { Estimator } from './estimator.ts';

/** Rows of one optimizer step, as `learnMany` takes them. */
export interface TrainingPart {
  readonly rows: number;
  readonly features: Float32Array;
  readonly targets: Float32Array;
  readonly weights: Float32Array;
}

/** Bounds of a {@link BesideTraining}. */
export interface TrainingBounds {
  /** Jobs that may wait at once. */
  readonly jobs: number;
  /** Optimizer steps of a job. */
  readonly parts: number;
  /** Most rows of a step. */
  readonly mostRows: number;
  /** False: jobs are made when they are posted, in the caller's own thread, with the same bits. */
  readonly thread: boolean;
}

/**
 * An estimator's training in another thread. Jobs are made in the order in which they were posted, and the estimator goes from the outcome of one to that of the next when it is
 * told to, so that what it predicts never depends on how fast the thread is.
 */
export interface BesideTraining {
  /** Hands over a job. At most `jobs` may wait, this one included. */
  post(parts: readonly TrainingPart[]): void;
  /** Whether the oldest job that waits is made. */
  isMade(): boolean;
  /**
   * Gives the estimator the outcome of the oldest job that waits, and waits for it if need be. Returns how many of its steps were left out.
   *
   * @throws MillraceError MODEL_FAILED with what the thread failed with, TIMEOUT when it has shown no sign of life for a minute.
   */
  advance(): number;
  /** Ends the thread; jobs that wait are dropped. */
  close(): void;
}

/** An estimator that another thread can train. */
export interface TrainableBeside extends Estimator {
  /** Training from the estimator's present state on; `learnMany` and `restore` must not be called until it is closed. */
  trainBeside(options: TrainingBounds): BesideTraining;
}

export function isTrainableBeside(estimator: Estimator): estimator is TrainableBeside {
  return typeof (estimator as Partial<TrainableBeside>).trainBeside === 'function';
}
