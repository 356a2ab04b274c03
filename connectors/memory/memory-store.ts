import type { CommitRecord, Home } from '../contract/index.ts';
import { retentionFloors, TopicSource } from '../topic-source/index.ts';
import { MemoryEpochs, type MemoryState } from './memory-epochs.ts';
import { MemoryTopics } from './memory-topics.ts';

/** A home in memory that outlives its handles, as a broker or a file outlives the runs that use it. */
export interface MemoryStore {
  /** Another handle on the same topics and epochs. */
  open(): Home;
}

/**
 * A home in memory, for tests and the simulator. What is committed is gone with the process; all else is as in the embedded log.
 *
 * @example
 * const store = memoryStore();
 * const home = store.open();
 * await home.topics.ensure('readings', { partitions: 1 });
 */
export function memoryStore(): MemoryStore {
  const state: MemoryState = { owners: new Map(), commits: new Map(), snapshots: new Map() };
  const topics = new MemoryTopics(() => floorsOf(state));
  return { open: () => openMemory(topics, state) };
}

function openMemory(topics: MemoryTopics, state: MemoryState): Home {
  const epochs = new MemoryEpochs(state, topics);
  return {
    kind: 'memory',
    address: 'memory',
    epochs,
    topics,
    source: (topic) => new TopicSource(topics, topic),
    positions: async () =>
      new Map((await epochs.peek('')).flatMap(({ task, positions, copyOf }) => (copyOf === undefined ? [[task, positions]] : []))),
    close: async () => {},
  };
}

function floorsOf({ commits, snapshots }: MemoryState): ReadonlyMap<string, number> {
  const records = [...commits.values()].map((text) => JSON.parse(text) as CommitRecord);
  return retentionFloors(records, (task, epoch) => snapshots.get(task)?.get(epoch)?.positions);
}
