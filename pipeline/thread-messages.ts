import { type ErrorCode, MillraceError, type Origin } from '../streams/index.ts';
import type { FoundTopics } from './input-topics.ts';
import type { HomeOptions } from './open-home.ts';
import type { RestoreConsent } from './restore-cells.ts';
import type { GroupResult } from './task-group.ts';
import type { TaskOptions } from './task-options.ts';
import type { TaskSummary } from './task-summary.ts';

/** What a worker thread loads while it waits for its tasks. */
export interface ThreadSeat {
  /** URL of the module that exports the pipeline. */
  readonly module: string;
}

/** The tasks of a worker thread. */
export interface ThreadStart {
  readonly home: HomeOptions;
  /** The partition numbers of its tasks. */
  readonly tasks: readonly number[];
  readonly partitions: ReadonlyMap<string, number>;
  /** Topics that the pipeline's patterns match. */
  readonly found: FoundTopics;
  readonly options: TaskOptions;
  readonly consent: RestoreConsent;
}

/** To a worker thread: its tasks, first of all; stop in order; the inputs have ended as far as feeds go. */
export type ToThread = ThreadStart | 'stop' | 'inputEnds';

/** From a worker thread. */
export type FromThread =
  | { readonly kind: 'progress'; readonly summary: TaskSummary; readonly lag: number }
  | { readonly kind: 'notice'; readonly notice: string }
  | { readonly kind: 'retry'; readonly error: PlainError; readonly pause: number }
  | { readonly kind: 'done'; readonly result: GroupResult }
  | { readonly kind: 'failed'; readonly error: PlainError };

/** A MillraceError that can be posted. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly step: string | undefined;
  readonly origin: Origin | undefined;
  readonly retry: 'never' | 'backoff';
  readonly hint: string | undefined;
  readonly stack: string | undefined;
}

export function plainError({ code, message, step, origin, retry, hint, stack }: MillraceError): PlainError {
  return { code, message, step, origin, retry, hint, stack };
}

/** The error again, with the other thread's stack as its cause. */
export const errorOf = ({ code, message, stack, ...where }: PlainError) => new MillraceError(code, message, { ...where, cause: stack });
