import { MillraceError } from '../../streams/index.ts';
import type { StartAt } from '../contract/index.ts';
import type { ClusterClient } from './cluster-client.ts';
import { EARLIEST, LATEST, offsetAt } from './partition-reader.ts';

/** Per topic: the offset at which a task began to read it. */
export type TaskStarts = Readonly<Record<string, number>>;

/**
 * Where the tasks of this process began to read. The epoch store keeps it in commit records, and gives it back when a task is opened anew: `latest` would be another record then, and
 * so would be the oldest.
 */
export class StartOffsets {
  readonly #starts = new Map<string, Map<string, number>>();

  /** What a task has begun with so far. */
  of(group: string, partition: number): TaskStarts {
    return Object.fromEntries(this.#starts.get(`${group}/${partition}`) ?? []);
  }

  /** Sets what a task began with; undefined for a task that has not begun. */
  restore(group: string, partition: number, starts: TaskStarts | undefined): void {
    this.#starts.set(`${group}/${partition}`, new Map(Object.entries(starts ?? {})));
  }

  /** Learns what a task began with whose commit record was looked up, so that a re-run beside it begins there, too. */
  recall(group: string, partition: number, starts: TaskStarts): void {
    this.restore(group, partition, { ...starts, ...this.of(group, partition) });
  }

  /** The offset at which a task begins, the same whenever it is asked. */
  async resolve(client: ClusterClient, group: string, topic: string, partition: number, startAt: StartAt): Promise<number> {
    const task = `${group}/${partition}`;
    const starts = this.#starts.get(task) ?? new Map<string, number>();
    this.#starts.set(task, starts);
    const offset = starts.get(topic) ?? (await firstOffset(client, topic, partition, startAt));
    starts.set(topic, offset);
    return offset;
  }
}

async function firstOffset(client: ClusterClient, topic: string, partition: number, startAt: StartAt): Promise<number> {
  if (startAt === 'earliest' || startAt === 'latest') return offsetAt(client, topic, partition, startAt === 'latest' ? LATEST : EARLIEST);
  if ('offsets' in startAt) {
    const offset = startAt.offsets[partition];
    if (offset !== undefined) return offset;
    throw new MillraceError('INVALID_OPTION', `startAt has no offset for ${topic}/${partition}`, { hint: 'give one offset per partition' });
  }
  const found = await offsetAt(client, topic, partition, startAt.timestamp);
  return found >= 0 ? found : offsetAt(client, topic, partition, LATEST);
}
