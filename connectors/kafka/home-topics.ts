import { MillraceError } from '../../streams/index.ts';

/** Names of the topics that keep a pipeline's commit records and snapshots, and a task's partition in both. */
export interface TaskTopics {
  readonly epochs: string;
  readonly snapshots: string;
  readonly partition: number;
}

const EPOCHS = '.epochs';
const SNAPSHOTS = '.snapshots';

/** Task `<pipeline>/<number>` keeps its records in partition `<number>` of `<pipeline>.epochs` and `<pipeline>.snapshots`. */
export function taskTopics(task: string): TaskTopics {
  const match = /^([A-Za-z0-9._-]{1,230})\/(\d+)$/.exec(task);
  if (match === null) {
    throw new MillraceError('INVALID_OPTION', `task '${task}' cannot be kept in Kafka`, {
      hint: 'name the pipeline with letters, digits, dot, underscore and hyphen only',
    });
  }
  const pipeline = match[1] as string;
  return { epochs: pipeline + EPOCHS, snapshots: pipeline + SNAPSHOTS, partition: Number(match[2]) };
}

/** The pipeline whose commit records a topic keeps, or undefined. */
export const pipelineOfEpochs = (topic: string): string | undefined =>
  topic.endsWith(EPOCHS) ? topic.slice(0, -EPOCHS.length) : undefined;
