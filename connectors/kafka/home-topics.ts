import { MillraceError } from '../../streams/index.ts';

/** Names of the topics that keep a pipeline's commit records and snapshots, and a task's partition in both. */
export interface TaskTopics {
  readonly pipeline: string;
  readonly epochs: string;
  readonly snapshots: string;
  readonly partition: number;
}

const EPOCHS = '.epochs';
const SNAPSHOTS = '.snapshots';

/** Task `<pipeline>/<number>` keeps its records in partition `<number>` of `<pipeline>.epochs` and `<pipeline>.snapshots`; a name without a number in partition 0. */
export function taskTopics(task: string): TaskTopics {
  const [, pipeline = task, number = '0'] = /^(.+)[/.](\d+)$/.exec(task) ?? [];
  if (!/^[A-Za-z0-9._-]{1,230}$/.test(pipeline)) {
    throw new MillraceError('INVALID_OPTION', `task '${task}' cannot be kept in Kafka`, {
      hint: 'name the pipeline with letters, digits, dot, underscore and hyphen only',
    });
  }
  return { pipeline, epochs: pipeline + EPOCHS, snapshots: pipeline + SNAPSHOTS, partition: Number(number) };
}

/** The pipeline whose commit records a topic keeps, or undefined. */
export const pipelineOfEpochs = (topic: string): string | undefined =>
  topic.endsWith(EPOCHS) ? topic.slice(0, -EPOCHS.length) : undefined;
