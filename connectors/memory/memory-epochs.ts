import { MillraceError } from '../../streams/index.ts';
import type { CommitRecord, EpochCommit, EpochStore, OutputRecords, Snapshot } from '../contract/index.ts';
import type { MemoryTopics } from './memory-topics.ts';

/** What all handles on one memory home share: another handle is another owner. */
export interface MemoryState {
  readonly owners: Map<string, object>;
  readonly commits: Map<string, string>;
  readonly snapshots: Map<string, Map<number, Snapshot>>;
}

/** Epochs in memory. Records and snapshots are copied, so that nobody can change them after the commit. */
export class MemoryEpochs implements EpochStore {
  readonly #state: MemoryState;
  readonly #topics: MemoryTopics;
  readonly #tokens = new Map<string, object>();
  /** Outputs sent ahead of their commit, by task. */
  readonly #ahead = new Map<string, OutputRecords[]>();

  constructor(state: MemoryState, topics: MemoryTopics) {
    this.#state = state;
    this.#topics = topics;
  }

  async open(task: string): Promise<CommitRecord | undefined> {
    const token = {};
    this.#ahead.delete(task);
    this.#tokens.set(task, token);
    this.#state.owners.set(task, token);
    return this.#newest(task);
  }

  async publish(task: string, outputs: readonly OutputRecords[]): Promise<void> {
    this.#checkOwner(task);
    for (const output of outputs) this.#topics.check(output.topic, output.partition);
    this.#ahead.set(task, [...(this.#ahead.get(task) ?? []), ...outputs]);
  }

  #checkOwner(task: string): void {
    const token = this.#tokens.get(task);
    if (token === undefined || this.#state.owners.get(task) !== token) {
      throw new MillraceError('FENCED', `task '${task}' was taken over by another run; this one must stop`);
    }
  }

  async commit({ record, outputs: last, snapshot }: EpochCommit): Promise<void> {
    const { task } = record;
    this.#checkOwner(task);
    const outputs = [...(this.#ahead.get(task) ?? []), ...last];
    // All that can fail comes before the first change.
    for (const output of outputs) this.#topics.check(output.topic, output.partition);
    const text = JSON.stringify(record);
    for (const output of outputs) this.#topics.write(output.topic, output.partition, output.records);
    this.#ahead.delete(task);
    this.#state.commits.set(task, text);
    const kept = [...(this.#state.snapshots.get(task) ?? [])].filter(([epoch]) => epoch >= record.snapshotEpoch);
    this.#state.snapshots.set(task, new Map(snapshot === undefined ? kept : [...kept, [snapshot.epoch, structuredClone(snapshot)]]));
    this.#topics.announce();
  }

  async readSnapshot(task: string, epoch: number): Promise<Snapshot | undefined> {
    return structuredClone(this.#state.snapshots.get(task)?.get(epoch));
  }

  async peek(prefix: string): Promise<readonly CommitRecord[]> {
    const tasks = [...this.#state.commits.keys()].filter((task) => task.startsWith(prefix)).sort();
    return tasks.map((task) => this.#newest(task) as CommitRecord);
  }

  #newest(task: string): CommitRecord | undefined {
    const text = this.#state.commits.get(task);
    return text === undefined ? undefined : (JSON.parse(text) as CommitRecord);
  }

  async forget(task: string): Promise<void> {
    this.#state.commits.delete(task);
    this.#state.snapshots.delete(task);
  }

  async release(task: string): Promise<void> {
    const token = this.#tokens.get(task);
    this.#ahead.delete(task);
    if (token !== undefined && this.#state.owners.get(task) === token) this.#state.owners.delete(task);
    this.#tokens.delete(task);
  }
}
