import type { Home } from '../connectors/index.ts';
import { type Duration, MillraceError, milliseconds } from '../streams/index.ts';
import type { Input, Pipeline } from './definition.ts';
import type { HomeOptions } from './open-home.ts';
import type { TaskClock } from './system-clock.ts';
import type { TaskOptions, taskOptions } from './task-options.ts';

/** Options of a run; the task's own are in `task`. */
export interface RunOptions extends HomeOptions {
  /** A home that is already open; the run does not close it. */
  readonly home?: Home;
  /** Begin anew: forget state and commits, delete the topics that the pipeline and its feeds write. */
  readonly fresh?: boolean;
  /** Speed of all feeds, instead of their own. */
  readonly speed?: string;
  /** End when all inputs have been read, instead of waiting for more. */
  readonly drain?: boolean;
  /** With `drain`: stop when all inputs have been read, without ending them; a later run goes on. Not with several workers. */
  readonly resumable?: boolean;
  /** What a reader of the outputs can count on; default `exactlyOnce`. */
  readonly guarantee?: TaskOptions['guarantee'];
  readonly task?: Partial<Readonly<Record<keyof ReturnType<typeof taskOptions.parse>, unknown>>>;
  readonly clock?: TaskClock;
  /** Share the tasks with all processes that run the pipeline like this: they form the consumer group of the pipeline's name. Kafka only; without feeds. */
  readonly group?: boolean;
  /** How often to look for topics that match a pattern, and for new partitions; default 30 s, 0 for never. */
  readonly discoverEvery?: Duration;
  /** Threads that the tasks are spread over; default 1: all in this one. More of them need `module`. */
  readonly workers?: number;
  /** URL of the module that exports the pipeline as `pipeline`: each worker thread imports it. */
  readonly module?: URL | string;
  /** Start from this savepoint; a run that was started from it before goes on where it stopped. */
  readonly savepoint?: string;
  /** Bytes that the topic `<pipeline>.journal` is limited to when it is made, default 256 MB: further back, `reproduce` does not know what the wall clock had decided. */
  readonly journalBytes?: number;
  /** Drop the state of steps that the pipeline no longer has. */
  readonly allowOrphans?: boolean;
  /** Steps that begin anew, whatever their state. */
  readonly resetSteps?: readonly string[];
  /** Told what is kept and dropped when the pipeline has changed. */
  readonly onNotice?: (notice: string) => void;
  /** Told of each retry after an error. */
  readonly onRetry?: (error: MillraceError, pause: number) => void;
}

/**
 * Checks what the options say about each other, the pipeline and its home.
 *
 * @throws MillraceError INVALID_OPTION
 */
export function checkRunOptions(options: RunOptions, { feeds }: Pipeline, home: Home): void {
  const { workers = 1, module, group = false, fresh = false } = options;
  const refuse = (problem: string, hint: string) => {
    throw new MillraceError('INVALID_OPTION', problem, { hint });
  };
  if (workers > 1 && (module === undefined || options.home !== undefined || options.clock !== undefined)) {
    refuse(
      `${workers} workers need the module of the pipeline, and a home that each can open`,
      'give module, and state or brokers instead of home and clock',
    );
  }
  if (!group) return;
  if (home.assignments === undefined) {
    refuse(
      `processes cannot share tasks in ${home.address}`,
      'a group needs Kafka: give brokers, or spread the tasks over threads with workers',
    );
  }
  if (Object.keys(feeds).length > 0)
    refuse('processes that share tasks run no feeds', 'run a pipeline without feeds, and millrace replay beside it');
  if (fresh) refuse('fresh would delete what other processes of the group work on', 'begin anew with one process, without group');
}

/** How often to look for topics and partitions, ms; 0 where none can appear: topics appear where a pattern looks for them, partitions are added only in Kafka. */
export function discoveryInterval({ discoverEvery = '30s', drain = false }: RunOptions, pipeline: Pipeline, home: Home): number {
  const every = milliseconds(discoverEvery);
  if (every === undefined || every < 0) {
    throw new MillraceError('INVALID_OPTION', `discoverEvery: ${discoverEvery} is no duration`, { hint: 'such as 30s; 0 for never' });
  }
  const canAppear = (input: Input) =>
    input.kind === 'topics' && input.pattern !== undefined ? true : input.kind !== 'source' && home.kind === 'kafka';
  return !drain && Object.values<Input>(pipeline.sources).some(canAppear) ? every : 0;
}
