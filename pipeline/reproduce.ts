import type { CommitRecord, EpochCommit, EpochStore, Home, Position, Snapshot } from '../connectors/index.ts';
import { MillraceError, parseOptions } from '../streams/index.ts';
import type { Output, Pipeline } from './definition.ts';
import { planPartitions } from './plan.ts';
import { PublishedRows, type RowDifference } from './published-rows.ts';
import { readOnlyHome } from './read-only-home.ts';
import { partsOfTask, savepointName } from './savepoints.ts';
import { systemClock } from './system-clock.ts';
import { Task } from './task.ts';
import { taskOptions } from './task-options.ts';
import { differingSteps } from './task-state.ts';

/** An offset, or the first record whose timestamp is at least `time`, ms since 1970. */
export type Place = number | { readonly time: number };

/** Which part of the input is run again. Places are those of the only input topic. */
export interface ReproduceOptions {
  /** The re-run begins at the newest stored state before it; absent: at the beginning. */
  readonly from?: Place;
  /** The first record that is left out; absent: to the newest commit. */
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
  /** Whether the state could be compared too: only where the newest commit's digest was taken. */
  readonly stateCompared: boolean;
  /** The first record of each topic and partition that came out otherwise. */
  readonly differingRows: readonly RowDifference[];
  /** Steps that came to another state. */
  readonly differingSteps: readonly string[];
}

/**
 * Runs a stretch of a pipeline's committed input again, beside the stored run and without touching it, and compares what comes out with what was committed: records and, at the
 * newest commit, the state of each step.
 *
 * It begins at the newest snapshot, a savepoint or the beginning. Decisions of the wall clock (idle inputs, answers from outside) are kept only since the newest snapshot: from an
 * older base, a pipeline that made some may come out otherwise.
 *
 * @throws MillraceError STATE_INCOMPATIBLE when the pipeline has never committed, INVALID_OPTION for a stretch that cannot be told.
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
  const { partitions, pipeline: planned } = await planPartitions(reader, pipeline);
  const results: Reproduction[] = [];
  for (const record of records) {
    const stretch = await stretchOf(pipeline, home, record, options);
    results.push(await runAgain(planned, reader, { record, partitions, stretch, base: await newestBase(home, pipeline, record, stretch) }));
  }
  return results;
}

/** A stretch in positions of a task's inputs. */
interface PositionStretch {
  /** Absent: from the beginning. */
  readonly from: Readonly<Record<string, Position>> | undefined;
  /** Absent: to the newest commit. */
  readonly to: Readonly<Record<string, Position>> | undefined;
}

async function stretchOf(pipeline: Pipeline, home: Home, record: CommitRecord, { from, to }: ReproduceOptions): Promise<PositionStretch> {
  if (from === undefined && to === undefined) return { from: undefined, to: undefined };
  const [[name, source] = [], ...others] = Object.entries(pipeline.sources);
  if (name === undefined || source?.kind !== 'topic' || others.length > 0) {
    throw new MillraceError('INVALID_OPTION', 'from and to need a pipeline with one input, a topic', {
      hint: 'leave both away to run all of it again',
    });
  }
  const { partition } = partsOfTask(record.task);
  const position = async (place: Place | undefined) =>
    place === undefined
      ? undefined
      : { [name]: { [source.name]: typeof place === 'number' ? place : await offsetAt(home, source.name, partition, place.time) } };
  const end = await position(to);
  const committed = record.positions[name]?.[source.name] ?? 0;
  return { from: await position(from), to: end !== undefined && (end[name]?.[source.name] ?? 0) < committed ? end : undefined };
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

/** State from which a re-run can begin. */
interface Base {
  readonly name: string;
  readonly snapshot: Snapshot | undefined;
}

/** The newest stored state of a task at or before the stretch. */
async function newestBase(home: Home, pipeline: Pipeline, record: CommitRecord, { from, to }: PositionStretch): Promise<Base> {
  const beginning: Base = { name: 'the beginning', snapshot: undefined };
  if (from === undefined) return beginning;
  const { partition } = partsOfTask(record.task);
  const saved = await home.epochs.peek(savepointName(pipeline.name, ''));
  const candidates = await Promise.all([
    baseOf(home, record, `the snapshot of epoch ${record.snapshotEpoch}`),
    ...saved
      .filter(({ task }) => partsOfTask(task).partition === partition)
      .map((other) => baseOf(home, other, `savepoint ${partsOfTask(other.task).savepoint}`)),
  ]);
  const limits = [from, ...(to === undefined ? [] : [to])];
  return candidates
    .filter((base): base is Base & { snapshot: Snapshot } => base?.snapshot !== undefined)
    .filter(({ snapshot }) => limits.every((limit) => isBefore(snapshot.positions, limit)))
    .reduce<Base>((best, base) => ((best.snapshot?.nextOrdinal ?? -1) < base.snapshot.nextOrdinal ? base : best), beginning);
}

async function baseOf(home: Home, { task, snapshotEpoch }: CommitRecord, name: string): Promise<Base | undefined> {
  if (snapshotEpoch === 0) return undefined;
  return { name, snapshot: await home.epochs.readSnapshot(task, snapshotEpoch) };
}

const isBefore = (a: Readonly<Record<string, Position>>, b: Readonly<Record<string, Position>>) =>
  Object.entries(b).every(([input, position]) => Object.entries(position).every(([stream, offset]) => (a[input]?.[stream] ?? 0) <= offset));

interface Rerun {
  readonly record: CommitRecord;
  readonly partitions: ReadonlyMap<string, number>;
  readonly stretch: PositionStretch;
  readonly base: Base;
}

async function runAgain(pipeline: Pipeline, home: Home, { record, partitions, stretch, base }: Rerun): Promise<Reproduction> {
  const whole = stretch.to === undefined;
  const epochs = new RerunEpochs(targetOf(record, base), base.snapshot);
  const rows = new PublishedRows();
  const task = new Task({
    pipeline: withTopicsOnly(pipeline),
    partition: partsOfTask(record.task).partition,
    home: { ...home, epochs },
    clock: systemClock,
    options: parseOptions('reproduce', taskOptions, {}),
    partitions,
    onPublish: (output) => rows.add(output),
    ...(stretch.to === undefined ? {} : { rerunTo: stretch.to }),
  });
  try {
    await task.open();
    const { nextOrdinal } = task;
    if (whole && record.ended) await task.finish();
    else await task.stop();
    const stateCompared = whole && record.digestAt === undefined && Object.keys(record.digest).length > 0;
    return {
      task: record.task,
      base: base.name,
      rows: { from: base.snapshot?.nextOrdinal ?? 0, to: nextOrdinal },
      records: rows.count,
      stateCompared,
      differingRows: await rows.differences(home),
      differingSteps: stateCompared ? differingSteps(epochs.digest, record.digest) : [],
    };
  } finally {
    await task.close();
  }
}

/** The commit that the re-run is to arrive at, told to the task as the one to recover. */
function targetOf(record: CommitRecord, { snapshot }: Base): CommitRecord {
  const { digestAt: _, published: __, ...rest } = record;
  const journaled = (snapshot?.epoch ?? 0) === record.snapshotEpoch;
  return {
    ...rest,
    // One more than was committed, so that the end of the re-run is digested as an epoch of its own.
    epoch: record.epoch + 1,
    snapshotEpoch: snapshot?.epoch ?? 0,
    digest: {},
    journal: journaled ? record.journal : [],
    ended: false,
  };
}

/** Epochs of a re-run: they begin at the base and are kept from the store. */
class RerunEpochs implements EpochStore {
  /** Of the state at the end of the re-run. */
  digest: CommitRecord['digest'] = {};
  readonly #target: CommitRecord;
  readonly #base: Snapshot | undefined;

  constructor(target: CommitRecord, base: Snapshot | undefined) {
    this.#target = target;
    this.#base = base;
  }

  async open(): Promise<CommitRecord> {
    return this.#target;
  }

  async commit({ record }: EpochCommit): Promise<void> {
    this.digest = record.digest;
  }

  async readSnapshot(): Promise<Snapshot | undefined> {
    return this.#base;
  }

  async peek(): Promise<readonly CommitRecord[]> {
    return [];
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
