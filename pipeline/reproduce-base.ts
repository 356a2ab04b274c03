import type { CommitRecord, Home, JournalEntry, Position, Snapshot } from '../connectors/index.ts';
import { type JournalSpan, readSpans, type SnapshotPoint, samePoint, spansTo } from './journal-spans.ts';
import { keptName } from './kept-snapshots.ts';
import { partsOfTask, savepointName } from './savepoints.ts';

/** Positions of a task's inputs, by input and topic. */
export type Positions = Readonly<Record<string, Position>>;

/** A stretch in positions of a task's inputs. */
export interface PositionStretch {
  /** Absent: from the beginning. */
  readonly from: Positions | undefined;
  /** Absent: to the newest commit. */
  readonly to: Positions | undefined;
}

/** State from which a re-run begins, and what it has to know of the run since then. */
export interface RerunBase {
  /** `the beginning`, `savepoint x`, `the snapshot of epoch 7`. */
  readonly name: string;
  readonly snapshot: Snapshot | undefined;
  /** The newest stored state of the run. */
  readonly newest: Snapshot | undefined;
  /** What was kept of the run between this state and the newest snapshot. */
  readonly spans: readonly JournalSpan[];
  /** Decisions of the wall clock since this state. */
  readonly journal: readonly JournalEntry[];
  /** Rows, by ordinal, whose decisions were not kept. */
  readonly unjournaled: { readonly from: number; readonly to: number } | undefined;
}

interface StoredState {
  readonly name: string;
  readonly snapshot: Snapshot;
}

const BEGINNING: SnapshotPoint = { epoch: 0, nextOrdinal: 0 };

/** The newest stored state of a task at or before the stretch. */
export async function rerunBase(home: Home, pipeline: string, record: CommitRecord, stretch: PositionStretch): Promise<RerunBase> {
  const newest = await stateOf(home, record, `the snapshot of epoch ${record.snapshotEpoch}`);
  const spans = newest === undefined ? [] : spansTo(await readSpans(home, pipeline, record.task), newest.snapshot);
  const found = stretch.from === undefined ? undefined : await newestState(home, pipeline, { record, newest, spans, stretch });
  const begin = found?.snapshot ?? BEGINNING;
  const since = spans.filter(({ from }) => from.nextOrdinal >= begin.nextOrdinal && from.epoch >= begin.epoch);
  const told = since[0]?.from ?? newest?.snapshot ?? BEGINNING;
  return {
    name: found?.name ?? 'the beginning',
    snapshot: found?.snapshot,
    newest: newest?.snapshot,
    spans: since,
    journal: [...since.flatMap(({ entries }) => entries), ...record.journal],
    unjournaled: told.nextOrdinal === begin.nextOrdinal ? undefined : { from: begin.nextOrdinal, to: told.nextOrdinal },
  };
}

interface Search {
  readonly record: CommitRecord;
  readonly newest: StoredState | undefined;
  readonly spans: readonly JournalSpan[];
  readonly stretch: PositionStretch;
}

async function newestState(home: Home, pipeline: string, { record, newest, spans, stretch }: Search): Promise<StoredState | undefined> {
  const { partition } = partsOfTask(record.task);
  const saved = (await home.epochs.peek(savepointName(pipeline, ''))).filter(({ task }) => partsOfTask(task).partition === partition);
  const savepoints = await Promise.all(saved.map((other) => stateOf(home, other, `savepoint ${partsOfTask(other.task).savepoint}`)));
  const copies = (await home.epochs.peek(`${keptName(pipeline)}/`)).filter(({ copyOf }) => copyOf === record.task);
  const kept = await Promise.all(copies.map((copy) => stateOf(home, copy, `the snapshot of epoch ${copy.epoch}`)));
  return [newest, ...[...savepoints, ...kept].filter((state) => state !== undefined && isOfThisRun(state.snapshot, spans))]
    .filter((state) => state !== undefined)
    .filter(({ snapshot }) => [stretch.from, stretch.to].every((limit) => limit === undefined || isBefore(snapshot.positions, limit)))
    .reduce<StoredState | undefined>(
      (best, state) => ((best?.snapshot.nextOrdinal ?? -1) < state.snapshot.nextOrdinal ? state : best),
      undefined,
    );
}

/** A savepoint may be of a run that was given up since: then the run at hand has not come by it. As far as nothing was kept of the run, nobody knows. */
function isOfThisRun(snapshot: Snapshot, spans: readonly JournalSpan[]): boolean {
  const first = spans[0];
  if (first === undefined || snapshot.nextOrdinal < first.from.nextOrdinal) return true;
  return samePoint(first.from, snapshot) || spans.some(({ to }) => samePoint(to, snapshot));
}

async function stateOf(home: Home, { task, snapshotEpoch }: CommitRecord, name: string): Promise<StoredState | undefined> {
  if (snapshotEpoch === 0) return undefined;
  const snapshot = await home.epochs.readSnapshot(task, snapshotEpoch);
  return snapshot === undefined ? undefined : { name, snapshot };
}

/** Whether one place lies nowhere behind another. */
export const isBefore = (a: Positions, b: Positions): boolean =>
  Object.entries(b).every(([input, position]) => Object.entries(position).every(([stream, offset]) => (a[input]?.[stream] ?? 0) <= offset));
