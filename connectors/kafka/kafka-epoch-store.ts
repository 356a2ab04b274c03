import { MillraceError } from '../../streams/index.ts';
import type { CommitRecord, EpochCommit, EpochStore, OutputRecords, Snapshot } from '../contract/index.ts';
import type { ClusterClient } from './cluster-client.ts';
import { commitToRecords, newestCommit, type StoredCommit } from './commit-records.ts';
import type { CommittedEnds } from './committed-ends.ts';
import { GroupProgress } from './group-progress.ts';
import { pipelineOfEpochs, type TaskTopics, taskTopics } from './home-topics.ts';
import type { KafkaTopics, TopicProperties } from './kafka-topics.ts';
import { LATEST, readRange } from './partition-reader.ts';
import { type SnapshotPointer, snapshotFromRecords, snapshotToRecords } from './snapshot-records.ts';
import type { StartOffsets } from './start-offsets.ts';
import { type GroupOffsets, TransactionOwner } from './transaction-owner.ts';

/** Kept for ever by `delete`, thinned out by `compact`, and open to deletion up to an offset. Larger than records usually may be: a journal can be long. */
const EPOCHS_PROPERTIES = { 'cleanup.policy': 'compact,delete', 'retention.ms': '-1', 'max.message.bytes': '16777216' };
const SNAPSHOTS_PROPERTIES = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' };

/** A task that this process owns. */
interface OwnedTask {
  readonly topics: TaskTopics;
  readonly owner: TransactionOwner;
  readonly groups: GroupProgress;
  snapshot: SnapshotPointer | undefined;
  /** Deletion of older snapshots, for which no commit waits. */
  trimmed: Promise<void>;
  /** What made it unusable. */
  failure: MillraceError | undefined;
}

/** What the store needs to know of the sources that its home has made. */
export interface SourcesOfHome {
  /** Consumer group by topic. */
  readonly groups: ReadonlyMap<string, string>;
  readonly starts: StartOffsets;
}

/**
 * Commits epochs as Kafka transactions. Opening a task takes its transactional id over, which fences older owners, and only then reads its newest commit record: what a zombie
 * committed before is seen, and nothing of it can follow.
 */
export class KafkaEpochStore implements EpochStore {
  readonly #client: ClusterClient;
  readonly #topics: KafkaTopics;
  readonly #ends: CommittedEnds;
  /** Consumer group by topic, so that offsets of its tasks are committed for others to see. */
  readonly #groups: ReadonlyMap<string, string>;
  readonly #starts: StartOffsets;
  readonly #owned = new Map<string, OwnedTask>();

  constructor(client: ClusterClient, topics: KafkaTopics, ends: CommittedEnds, sources: SourcesOfHome) {
    this.#client = client;
    this.#topics = topics;
    this.#ends = ends;
    this.#groups = sources.groups;
    this.#starts = sources.starts;
  }

  async open(task: string): Promise<CommitRecord | undefined> {
    const topics = taskTopics(task);
    this.#owned.delete(task);
    await this.#ensureTopics(topics);
    const owner = await TransactionOwner.takeOver(this.#client, transactionalId(task));
    const newest = await this.#newest(topics, task);
    const commitOffsets = (offsets: readonly GroupOffsets[]) => guarded(owned, () => owner.commit([], offsets)).catch(() => {});
    const groups = new GroupProgress(commitOffsets, this.#client.settings.offsetsEvery);
    const owned: OwnedTask = { topics, owner, groups, snapshot: newest?.snapshot, trimmed: Promise.resolve(), failure: undefined };
    this.#owned.set(task, owned);
    this.#starts.restore(topics.pipeline, topics.partition, newest?.starts);
    return newest?.record;
  }

  async publish(task: string, outputs: readonly OutputRecords[]): Promise<void> {
    await this.#owned.get(task)?.groups.settled();
    const owned = this.#ownedTask(task);
    await guarded(owned, () => owned.owner.publish(filled(outputs)));
  }

  async commit(epoch: EpochCommit): Promise<void> {
    const { record } = epoch;
    const owned = this.#ownedTask(record.task);
    await guarded(owned, async () => {
      const snapshot = epoch.snapshot === undefined ? owned.snapshot : await this.#putSnapshot(owned, record, epoch.snapshot);
      const offsets = await owned.groups.take(this.#offsets(owned.topics.partition, record), record.ended || epoch.snapshot !== undefined);
      if (owned.failure !== undefined) throw owned.failure;
      await this.#commitTransaction(owned, epoch, snapshot, offsets);
      owned.groups.committed();
      owned.snapshot = snapshot;
    });
    if (epoch.snapshot !== undefined) owned.trimmed = this.#trim(owned);
  }

  async #commitTransaction(
    owned: OwnedTask,
    { record, outputs }: EpochCommit,
    snapshot: SnapshotPointer | undefined,
    offsets: readonly GroupOffsets[],
  ): Promise<void> {
    const { pipeline, epochs, partition } = owned.topics;
    const starts = this.#starts.of(pipeline, partition);
    const commit: OutputRecords = {
      topic: epochs,
      partition,
      records: commitToRecords(record.task, record.committedAt, { record, snapshot, starts }),
    };
    const ends = await owned.owner.commit([...filled(outputs), commit], offsets);
    for (const { topic, partition: number, end } of ends) this.#ends.record(topic, number, end);
  }

  /** Positions in topics as offsets of consumer groups. */
  #offsets(partition: number, record: CommitRecord): GroupOffsets[] {
    const byGroup = new Map<string, { topic: string; partition: number; offset: number }[]>();
    if (record.copyOf !== undefined) return [];
    for (const [topic, offset] of Object.values(record.positions).flatMap((position) => Object.entries(position))) {
      const group = this.#groups.get(topic);
      if (group === undefined) continue;
      const offsets = byGroup.get(group) ?? [];
      byGroup.set(group, offsets);
      offsets.push({ topic, partition, offset });
    }
    return [...byGroup].map(([group, offsets]) => ({ group, offsets }));
  }

  async #putSnapshot(owned: OwnedTask, record: CommitRecord, snapshot: Snapshot): Promise<SnapshotPointer> {
    const { snapshots, partition } = owned.topics;
    const attempt = `${record.task}/${snapshot.epoch}/${owned.owner.name}`;
    const records = snapshotToRecords(snapshot, attempt, record.committedAt);
    // Nothing but snapshots that never became true lies behind the one before.
    const before = owned.snapshot?.end ?? (await this.#topics.end(snapshots, partition));
    const end = await this.#topics.put(snapshots, partition, records);
    // A topic that was made anew begins below.
    return { epoch: snapshot.epoch, attempt, first: Math.min(before, end - records.count), end };
  }

  /** Deletes what lies before the newest snapshot. That it fails costs room on the broker, not correctness. */
  async #trim({ topics, snapshot }: OwnedTask): Promise<void> {
    if (snapshot === undefined || snapshot.first === 0) return;
    await this.#topics.deleteBefore(topics.snapshots, topics.partition, snapshot.first).catch(() => {});
  }

  async readSnapshot(task: string, epoch: number): Promise<Snapshot | undefined> {
    const { snapshots, partition } = taskTopics(task);
    const pointer = this.#owned.get(task)?.snapshot ?? (await this.#newest(taskTopics(task), task))?.snapshot;
    if (pointer === undefined || pointer.epoch !== epoch) return undefined;
    return snapshotFromRecords(pointer, this.#snapshotRuns(snapshots, partition, pointer));
  }

  async *#snapshotRuns(topic: string, partition: number, { first, end }: SnapshotPointer) {
    for await (const { records } of readRange(this.#client, topic, partition, first, end)) yield records;
  }

  async peek(prefix: string): Promise<readonly CommitRecord[]> {
    const names = await this.#topics.names();
    const topics = names.filter((name) => {
      const tasks = pipelineOfEpochs(name);
      return tasks !== undefined && (`${tasks}/`.startsWith(prefix) || prefix.startsWith(`${tasks}/`));
    });
    const newest = await Promise.all(topics.map((topic) => this.#peekTopic(topic)));
    return newest.flat().filter(({ task }) => task.startsWith(prefix));
  }

  async #peekTopic(topic: string): Promise<CommitRecord[]> {
    const partitions = [...(await this.#client.partitions(topic)).keys()].toSorted((one, other) => one - other);
    const newest = await Promise.all(partitions.map((partition) => this.#newest({ epochs: topic, partition })));
    return newest.flatMap((commit, index) => {
      if (commit === undefined) return [];
      this.#starts.recall(pipelineOfEpochs(topic) ?? topic, partitions[index] as number, commit.starts);
      return [commit.record];
    });
  }

  async forget(task: string): Promise<void> {
    const { epochs, snapshots, partition } = taskTopics(task);
    if (!(await this.#topics.names()).includes(epochs)) return;
    this.#owned.delete(task);
    const owner = await TransactionOwner.takeOver(this.#client, transactionalId(task));
    if ((await this.#newest(taskTopics(task), task)) === undefined) return;
    const gone: OutputRecords = { topic: epochs, partition, records: commitToRecords(task, 0, undefined) };
    for (const { end } of await owner.commit([gone], [])) this.#ends.record(epochs, partition, end);
    await this.#topics.deleteBefore(snapshots, partition, LATEST).catch(() => {});
  }

  async release(task: string): Promise<void> {
    const owned = this.#owned.get(task);
    this.#owned.delete(task);
    if (owned === undefined) return;
    if (owned.failure === undefined) await owned.groups.catchUp();
    else await owned.groups.settled();
    await owned.trimmed;
    // That it fails costs readers a wait, not correctness.
    await owned.owner.abort().catch(() => {});
  }

  async #newest({ epochs, partition }: Pick<TaskTopics, 'epochs' | 'partition'>, task?: string): Promise<StoredCommit | undefined> {
    if (!(await this.#client.partitions(epochs)).has(partition)) return undefined;
    return newestCommit(this.#client, {
      topic: epochs,
      partition,
      end: await this.#ends.decidedEnd(this.#client, epochs, partition),
      task,
    });
  }

  async #ensureTopics({ epochs, snapshots, partition }: TaskTopics): Promise<void> {
    const ensure = async (topic: string, properties: TopicProperties) => {
      const created = await this.#topics.create(topic, partition + 1, properties);
      if (!created) await this.#topics.grow(topic, partition + 1);
    };
    await Promise.all([ensure(epochs, EPOCHS_PROPERTIES), ensure(snapshots, SNAPSHOTS_PROPERTIES)]);
  }

  #ownedTask(task: string): OwnedTask {
    const owned = this.#owned.get(task);
    if (owned === undefined) throw new MillraceError('FENCED', `task ${task} is not open here`, { hint: 'open it first' });
    if (owned.failure !== undefined) throw owned.failure;
    return owned;
  }
}

/** A task whose request failed is of no use until it is opened anew. */
async function guarded(owned: OwnedTask, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    owned.failure = MillraceError.from(thrown, 'STORE_FAILED');
    throw owned.failure;
  }
}

const filled = (outputs: readonly OutputRecords[]) => outputs.filter(({ records }) => records.count > 0);

const transactionalId = (task: string) => `millrace/${task}`;
