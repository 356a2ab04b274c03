import type { TypeMap } from '../columnar/index.ts';
import type {
  CommitRecord,
  EpochCommit,
  EpochStore,
  Home,
  Position,
  Snapshot,
  SnapshotCell,
  StreamPoint,
  TopicDefinition,
} from '../connectors/index.ts';
import { MillraceError, parseOptions } from '../streams/index.ts';
import { partitionFor } from './broadcast.ts';
import type { Input, Output, Pipeline } from './definition.ts';
import { topicsOf } from './input-topics.ts';
import { planPartitions } from './plan.ts';
import { PublishedRows, type RowDifference } from './published-rows.ts';
import { readOnlyHome } from './read-only-home.ts';
import { isBefore, type PositionStretch, type Positions, type RerunBase, rerunBase } from './reproduce-base.ts';
import { type RerunParts, rerunTo } from './rerun.ts';
import { partsOfTask } from './savepoints.ts';
import { StateChecks, type StateDifference } from './state-checks.ts';
import { systemClock } from './system-clock.ts';
import { Task } from './task.ts';
import { taskOptions } from './task-options.ts';

/** An offset, or the first record whose timestamp is at least `time`, ms since 1970. */
export type Place = number | { readonly time: number };

/** Which part of the input is run again. Offsets are those of the only input topic; a time is looked up in each of them. */
export interface ReproduceOptions {
  /** The re-run begins at the newest stored state before it; absent: at the beginning. */
  readonly from?: Place;
  /** The first record that is left out; with several inputs the re-run goes on to the next snapshot behind it. Absent: to the newest commit. */
  readonly to?: Place;
}

/** What running a stretch again gave, for one task. */
export interface Reproduction {
  readonly task: string;
  /** Where it began: `the beginning`, `savepoint x`, `the snapshot of epoch 7`. */
  readonly base: string;
  /** Rows run again, by ordinal. */
  readonly rows: { readonly from: number; readonly to: number };
  /** Records put out, and looked for among the committed ones. */
  readonly records: number;
  /** How often the state could be compared: where there was a snapshot, and where the newest commit's digest was taken. */
  readonly statesCompared: number;
  /** The first record of each topic and partition that came out otherwise. */
  readonly differingRows: readonly RowDifference[];
  /** The first state that came out otherwise. */
  readonly differingState: StateDifference | undefined;
  /** Rows, by ordinal, for which it is not known what the wall clock had decided: of runs from before journals were kept, or with a journal that was deleted. */
  readonly unjournaled: { readonly from: number; readonly to: number } | undefined;
}

/**
 * Runs a stretch of a pipeline's committed input again, beside the stored run and without touching it, and compares what comes out with what was committed: records, and the
 * state of each step wherever a snapshot was taken and at the newest commit.
 *
 * It begins at the newest snapshot, a savepoint or the beginning. Decisions of the wall clock (idle inputs, answers from outside, mini-batches left out) are repeated from the
 * journal that the run kept in the topic `<pipeline>.journal`.
 *
 * @throws MillraceError STATE_INCOMPATIBLE when the pipeline has never committed, INVALID_OPTION for a stretch that cannot be told, DIVERGED when the input itself has changed.
 *
 * @example
 * const [first] = await reproduce(pipeline, openHome({ state: '.millrace', readOnly: true }), { from: 1000 });
 */
export async function reproduce(pipeline: Pipeline, home: Home, options: ReproduceOptions = {}): Promise<readonly Reproduction[]> {
  const records = await home.epochs.peek(`${pipeline.name}/`);
  if (records.length === 0) {
    throw new MillraceError('STATE_INCOMPATIBLE', `'${pipeline.name}' has never committed in ${home.address}`, { hint: 'run it first' });
  }
  const reader = readOnlyHome(home);
  const { partitions, pipeline: planned } = await planPartitions(reader, pipeline, { journal: false });
  const results: Reproduction[] = [];
  for (const record of records) {
    const stretch = await stretchOf(planned, home, record, options);
    const base = await rerunBase(home, pipeline.name, record, stretch);
    results.push(await runAgain({ pipeline: planned, home: reader, partitions, record, base, end: endOf(planned, record, base, stretch) }));
  }
  return results;
}

async function stretchOf(pipeline: Pipeline, home: Home, record: CommitRecord, { from, to }: ReproduceOptions): Promise<PositionStretch> {
  const positions = async (place: Place | undefined) => (place === undefined ? undefined : positionsAt(pipeline, home, record, place));
  const end = await positions(to);
  return { from: await positions(from), to: end === undefined || isBefore(record.positions, end) ? undefined : end };
}

/** A place in the topics that a task reads. */
async function positionsAt({ sources }: Pipeline, home: Home, { task }: CommitRecord, place: Place): Promise<Positions> {
  const inputs = Object.entries<Input>(sources).map(([name, input]) => ({ name, input, topics: topicsOf(input) }));
  const topics = inputs.flatMap((input) => input.topics);
  if (topics.length === 0 || (typeof place === 'number' && (topics.length > 1 || inputs.length > 1))) {
    const what = topics.length === 0 ? 'from and to need an input that is a topic' : 'an offset needs a pipeline with one input, a topic';
    throw new MillraceError('INVALID_OPTION', what, {
      hint: topics.length === 0 ? 'leave both away to run all of it again' : 'give a time, such as 2026-01-31T12:00Z',
    });
  }
  const { partition } = partsOfTask(task);
  const positionIn = async (input: Input, { name }: TopicDefinition<TypeMap>): Promise<Position> => ({
    [name]: typeof place === 'number' ? place : await offsetAt(home, name, partitionFor(input, partition), place.time),
  });
  const found = inputs
    .filter((input) => input.topics.length > 0)
    .map(async ({ name, input, topics: read }): Promise<[string, Position]> => {
      const positions = await Promise.all(read.map((topic) => positionIn(input, topic)));
      return [name, Object.assign({}, ...positions) as Position];
    });
  return Object.fromEntries(await Promise.all(found));
}

/** Offset of the first record whose timestamp is at least `time`. */
async function offsetAt(home: Home, topic: string, partition: number, time: number): Promise<number> {
  const info = (await home.topics.list(topic)).find((candidate) => candidate.partition === partition);
  for (let offset = info?.start ?? 0; info !== undefined && offset < info.end; ) {
    const records = await home.topics.read(topic, partition, offset, 4 * 1024 * 1024);
    if (records.count === 0) break;
    const found = records.timestamp.findIndex((timestamp) => timestamp >= time);
    if (found >= 0) return records.offset[found] as number;
    offset = (records.offset[records.count - 1] as number) + 1;
  }
  return info?.end ?? 0;
}

/** Where a re-run ends. */
type RerunEnd = { readonly positions: Positions; readonly nextOrdinal?: number } | 'newest commit';

/** In the only input, exactly before `to`. Where inputs are merged, it is not known which rows of the others come before it, so the re-run ends where a snapshot was taken. */
function endOf({ sources }: Pipeline, record: CommitRecord, { spans }: RerunBase, { to }: PositionStretch): RerunEnd {
  if (to === undefined) return 'newest commit';
  const [input, ...others] = Object.values<Input>(sources);
  if (others.length === 0 && input?.kind === 'topic') return { positions: to };
  const next = spans.find((span) => isBefore(to, span.to.positions) && span.to.epoch < record.epoch);
  return next === undefined ? 'newest commit' : { positions: next.to.positions, nextOrdinal: next.to.nextOrdinal };
}

interface Rerun {
  readonly pipeline: Pipeline;
  readonly home: Home;
  readonly partitions: ReadonlyMap<string, number>;
  readonly record: CommitRecord;
  readonly base: RerunBase;
  readonly end: RerunEnd;
}

async function runAgain({ pipeline, home, partitions, record, base, end }: Rerun): Promise<Reproduction> {
  const epochs = new RerunEpochs(targetOf(record, base), base.snapshot, home);
  const rows = new PublishedRows(home);
  const checks = new StateChecks(record, base);
  let cells: RerunParts['cells'] = new Map();
  const task = new Task({
    pipeline: withTopicsOnly(pipeline),
    partition: partsOfTask(record.task).partition,
    home: { ...home, epochs },
    clock: systemClock,
    options: parseOptions('reproduce', taskOptions, {}),
    partitions,
    // From the savepoint that the run was started from on, what did not fit of its state was left behind then, too.
    ...(record.savepoint === undefined ? {} : { consent: { savepoint: record.savepoint, allowOrphans: true } }),
    onPublish: (output) => rows.add(output),
    rerun: (parts) => {
      cells = parts.cells;
      return rerunCompared(parts, { rows, checks, record, end });
    },
  });
  try {
    await task.open();
    const { nextOrdinal } = task;
    if (end === 'newest commit' && record.ended) {
      await task.finish();
      await rows.compare();
      checks.compareEnd(cells, epochs.cells);
    }
    return {
      task: record.task,
      base: base.name,
      rows: { from: base.snapshot?.nextOrdinal ?? 0, to: nextOrdinal },
      records: rows.count,
      statesCompared: checks.compared,
      differingRows: rows.differences,
      differingState: checks.difference,
      unjournaled: base.unjournaled,
    };
  } finally {
    await task.close();
  }
}

interface Comparison {
  readonly rows: PublishedRows;
  readonly checks: StateChecks;
  readonly record: CommitRecord;
  readonly end: RerunEnd;
}

/** Runs rows again up to the end, and compares what comes out after each turn, and the state wherever its digest is known. */
async function rerunCompared(parts: RerunParts, { rows, checks, record, end }: Comparison): Promise<void> {
  parts.sinks.muted = true;
  const compared: RerunParts = {
    ...parts,
    run: async (turn) => {
      await parts.run(turn);
      await rows.compare();
    },
  };
  const target: Pick<StreamPoint, 'positions'> & { readonly nextOrdinal?: number } = end === 'newest commit' ? record : end;
  for (const point of checks.pointsBefore(target.positions)) {
    await rerunTo(compared, point);
    checks.compare(parts.cells, point);
  }
  await rerunTo(compared, target);
}

/** The commit that the re-run is to arrive at, told to the task as the one to recover. */
function targetOf(record: CommitRecord, { snapshot, journal }: RerunBase): CommitRecord {
  const { digestAt: _, published: __, ...rest } = record;
  return {
    ...rest,
    // One more than was committed, so that the end of the re-run is digested as an epoch of its own.
    epoch: record.epoch + 1,
    snapshotEpoch: snapshot?.epoch ?? 0,
    digest: {},
    journal,
    ended: false,
  };
}

/** Epochs of a re-run: they begin at the base and are kept from the store. */
class RerunEpochs implements EpochStore {
  /** Of the state at the end of the re-run. */
  cells: readonly SnapshotCell[] = [];
  readonly #target: CommitRecord;
  readonly #base: Snapshot | undefined;
  readonly #stored: EpochStore;

  constructor(target: CommitRecord, base: Snapshot | undefined, { epochs }: Home) {
    this.#stored = epochs;
    this.#target = target;
    this.#base = base;
  }

  async open(): Promise<CommitRecord> {
    return this.#target;
  }

  async commit({ snapshot }: EpochCommit): Promise<void> {
    this.cells = snapshot?.cells ?? [];
  }

  async readSnapshot(): Promise<Snapshot | undefined> {
    return this.#base;
  }

  peek(prefix: string): Promise<readonly CommitRecord[]> {
    return this.#stored.peek(prefix);
  }

  async forget(): Promise<void> {}

  async release(): Promise<void> {}
}

/** The pipeline with sinks outside of its home replaced by ones that take rows and do nothing. */
function withTopicsOnly(pipeline: Pipeline): Pipeline {
  const nothing = async () => {};
  const silent = { open: nothing, write: () => {}, prepare: nothing, commit: nothing, recover: nothing, close: nothing };
  const sinks = Object.entries<Output>(pipeline.sinks).map(([name, sink]) => [
    name,
    sink.kind === 'topic' ? sink : { ...sink, create: () => silent },
  ]);
  return { ...pipeline, sinks: Object.fromEntries(sinks) };
}
