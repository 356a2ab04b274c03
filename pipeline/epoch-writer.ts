import type {
  CommitRecord,
  Home,
  JournalEntry,
  OutputRecords,
  PublishedDigest,
  Snapshot,
  SnapshotCell,
  StreamPoint,
} from '../connectors/index.ts';
import type { StateCell } from '../streams/index.ts';
import { Cadence } from './cadence.ts';
import { journalTopic, type SnapshotPoint, spanRecords } from './journal-spans.ts';
import { KeptSnapshots } from './kept-snapshots.ts';
import type { TaskClock } from './system-clock.ts';
import type { TaskOptions } from './task-options.ts';
import { checkStateSize, digestOf, snapshotCells } from './task-state.ts';

/** Why an epoch is closed: it was due, the task was told to stop, or its input has truly ended. */
export type EpochClose = 'due' | 'stop' | 'end';

/** What is committed with an epoch. */
export interface EpochContent {
  readonly close: EpochClose;
  readonly point: StreamPoint;
  readonly outputs: readonly OutputRecords[];
  /** Bytes that the journal takes, about. */
  readonly journalBytes: number;
  /** Called when the epoch takes a snapshot: journal and published digests begin anew. */
  restart(): void;
  /** Decisions since the newest snapshot; read before `restart`, too. */
  journal(): readonly JournalEntry[];
  published(): Readonly<Record<string, PublishedDigest>>;
  readonly summary: Readonly<Record<string, unknown>>;
}

/** The state as an epoch found it. */
interface StateLook {
  readonly cells: readonly SnapshotCell[];
  readonly digest: CommitRecord['digest'];
}

/** An epoch, and its state where that was looked at. */
interface EpochState {
  readonly epoch: number;
  readonly snapshotDue: boolean;
  readonly state: StateLook | undefined;
}

/**
 * Writes the epochs of one task: numbers them, digests the state when that is due and adds a snapshot when one is due.
 */
export class EpochWriter {
  readonly cadence: Cadence;
  readonly #task: string;
  readonly #home: Home;
  readonly #clock: TaskClock;
  readonly #options: TaskOptions;
  readonly #cells: ReadonlyMap<string, StateCell>;
  readonly #kept: KeptSnapshots;
  /** Where journals go that a snapshot ends; undefined: nowhere. */
  readonly #journalTopic: string | undefined;
  #newestSnapshot: SnapshotPoint = { epoch: 0, nextOrdinal: 0 };
  #record: CommitRecord | undefined;
  /** The newest commit that was sent, whatever became of it. */
  attempted: CommitRecord | undefined;

  constructor(
    task: string,
    setting: {
      readonly pipeline: { readonly name: string };
      readonly home: Home;
      readonly clock: TaskClock;
      readonly options: TaskOptions;
      readonly partitions: ReadonlyMap<string, number>;
      readonly partition: number;
      readonly onNotice?: (notice: string) => void;
    },
    cells: ReadonlyMap<string, StateCell>,
  ) {
    this.#task = task;
    this.#home = setting.home;
    this.#clock = setting.clock;
    this.#options = setting.options;
    this.#cells = cells;
    const { pipeline, partition, home, onNotice } = setting;
    const told = onNotice === undefined ? {} : { onNotice: (notice: string) => onNotice(`task ${task}: ${notice}`) };
    this.#kept = new KeptSnapshots({ pipeline: pipeline.name, partition, home, most: setting.options.keepSnapshots, ...told });
    const journal = journalTopic(pipeline.name);
    this.#journalTopic = setting.partitions.has(journal) ? journal : undefined;
    this.cadence = new Cadence(setting.clock, setting.options);
  }

  /** The newest commit record, or undefined before the first. */
  get record(): CommitRecord | undefined {
    return this.#record;
  }

  /** Takes the task over from older owners and reads its newest commit record. */
  async open(): Promise<CommitRecord | undefined> {
    this.#record = await this.#home.epochs.open(this.#task);
    return this.#record;
  }

  /** The task goes on from a snapshot. */
  restored({ epoch, nextOrdinal }: Snapshot): void {
    this.#newestSnapshot = { epoch, nextOrdinal };
  }

  /** Whether an orderly stop has something left to write. */
  get stopDue(): boolean {
    const record = this.#record;
    return this.#options.snapshotAtStop && record !== undefined && record.snapshotEpoch !== record.epoch;
  }

  async commit(content: EpochContent): Promise<void> {
    const epoch = (this.#record?.epoch ?? 0) + 1;
    const snapshotDue = this.#snapshotDue(content, epoch);
    const entries = snapshotDue ? content.journal() : [];
    if (snapshotDue) content.restart();
    const state = snapshotDue || this.#digestDue(content) ? this.cadence.digest(() => this.#look()) : undefined;
    const record = this.#recordOf(content, { epoch, snapshotDue, state });
    this.attempted = record;
    const { epochs } = this.#home;
    if (snapshotDue && state !== undefined) {
      const outputs = [...content.outputs, ...this.#span(record, entries)];
      const snapshot = { epoch, ...content.point, cells: state.cells };
      await this.cadence.snapshot(() => epochs.commit({ record, outputs, snapshot }));
      this.restored(snapshot);
      await this.#kept.offer(record, snapshot);
    } else await epochs.commit({ record, outputs: content.outputs });
    this.#record = record;
  }

  #recordOf(content: EpochContent, { epoch, snapshotDue, state }: EpochState): CommitRecord {
    const before = this.#record;
    return {
      version: 1,
      task: this.#task,
      epoch,
      ...content.point,
      ...this.#digest(state),
      published: content.published(),
      snapshotEpoch: snapshotDue ? epoch : (before?.snapshotEpoch ?? 0),
      journal: content.journal(),
      ended: content.close === 'end',
      ...(before?.savepoint === undefined ? {} : { savepoint: before.savepoint }),
      committedAt: this.#clock.now(),
      summary: content.summary,
    };
  }

  /** The journal that a snapshot ends, to be published with it: `reproduce` repeats it. */
  #span(
    { task, epoch, positions, nextOrdinal, digest, committedAt }: CommitRecord,
    entries: readonly JournalEntry[],
  ): readonly OutputRecords[] {
    if (this.#journalTopic === undefined) return [];
    const span = { task, from: this.#newestSnapshot, to: { epoch, nextOrdinal, positions }, digest, entries };
    return [{ topic: this.#journalTopic, partition: 0, records: spanRecords(span, committedAt) }];
  }

  #snapshotDue({ close, journalBytes }: EpochContent, epoch: number): boolean {
    if (close === 'end' || (close === 'stop' && this.#options.snapshotAtStop)) return true;
    const newest = this.#record?.snapshotEpoch ?? 0;
    return this.cadence.snapshotDue(newest === 0 ? undefined : epoch - newest, epoch, journalBytes);
  }

  #digestDue({ close }: EpochContent): boolean {
    return this.#options.guarantee === 'exactlyOnce' && (close !== 'due' || this.cadence.digestDue());
  }

  #look(): StateLook {
    const cells = snapshotCells(this.#cells);
    checkStateSize(cells, this.#options.stateBytes);
    return { cells, digest: this.#options.guarantee === 'exactlyOnce' ? digestOf(cells) : {} };
  }

  /** A new digest, or the one before and where it was taken. */
  #digest(state: StateLook | undefined): Pick<CommitRecord, 'digest' | 'digestAt'> {
    if (state !== undefined) return { digest: state.digest };
    const before = this.#record;
    if (before === undefined || this.#options.guarantee !== 'exactlyOnce') return { digest: {} };
    const { positions, nextOrdinal } = before;
    return { digest: before.digest, digestAt: before.digestAt ?? { positions, nextOrdinal } };
  }
}
