import type { CommitRecord, Snapshot, SnapshotCell, StreamPoint } from '../connectors/index.ts';
import { type StateCell, StateReader } from '../streams/index.ts';
import type { Positions, RerunBase } from './reproduce-base.ts';
import { differingSteps, digestOf, snapshotCells } from './task-state.ts';

/** The first state that came out otherwise. */
export interface StateDifference {
  /** Ordinals: the state before the row `from` was the same, or was not compared; the one before the row `to` is not. */
  readonly rows: { readonly from: number; readonly to: number };
  readonly steps: readonly string[];
  /** What of these steps differs, where the state itself is still stored and the step can tell: a weight, say. */
  readonly values: readonly string[];
}

/** A place at which the state of each step is known. */
interface CheckPoint extends StreamPoint {
  readonly digest: CommitRecord['digest'];
}

/** Compares the state of a re-run with what is known of the stored run: digests where snapshots were taken, and the newest one. */
export class StateChecks {
  readonly #points: readonly CheckPoint[];
  readonly #newest: Snapshot | undefined;
  readonly #record: CommitRecord;
  #cells: ReadonlyMap<string, StateCell> = new Map();
  /** Ordinal of the newest state that agreed. */
  #agreed: number;
  compared = 0;
  difference: StateDifference | undefined;

  constructor(record: CommitRecord, base: RerunBase) {
    this.#record = record;
    this.#newest = base.newest;
    this.#agreed = base.snapshot?.nextOrdinal ?? 0;
    const { digest, digestAt = record, ended } = record;
    // A stream that has ended is digested after its steps have put out what they held: see compareEnd.
    const spans = base.spans.filter(({ to }) => !(ended && to.epoch === record.epoch));
    const points = [
      ...spans.map(({ to, digest: found }) => ({ ...to, digest: found })),
      ...(ended ? [] : [{ positions: digestAt.positions, nextOrdinal: digestAt.nextOrdinal, digest }]),
    ];
    const distinct = points.filter(({ nextOrdinal }, index) => points[index + 1]?.nextOrdinal !== nextOrdinal);
    this.#points = distinct.filter(({ digest: found, nextOrdinal }) => Object.keys(found).length > 0 && nextOrdinal >= this.#agreed);
  }

  /** Places on the way to `end`, in order. */
  pointsBefore(end: Positions): readonly CheckPoint[] {
    // Of a topic that `end` does not name nothing was read there.
    return this.#points.filter(({ positions }) =>
      Object.entries(positions).every(([input, position]) =>
        Object.entries(position).every(([stream, offset]) => offset <= (end[input]?.[stream] ?? 0)),
      ),
    );
  }

  compare(cells: ReadonlyMap<string, StateCell>, { digest, nextOrdinal }: CheckPoint): void {
    this.#cells = cells;
    if (this.difference !== undefined) return;
    const again = snapshotCells(cells);
    this.#note(differingSteps(digestOf(again), digest), nextOrdinal, again);
  }

  /** Compares the state at the end of a stream, when its steps have put out what they held. */
  compareEnd(cells: ReadonlyMap<string, StateCell>, again: readonly SnapshotCell[]): void {
    this.#cells = cells;
    const { digest, nextOrdinal } = this.#record;
    if (this.difference !== undefined || Object.keys(digest).length === 0) return;
    this.#note(differingSteps(digestOf(again), digest), nextOrdinal, again);
  }

  /** What differs in these steps, where the state is the newest one, which is still stored. */
  #valuesOf(steps: readonly string[], nextOrdinal: number, again: readonly SnapshotCell[]): readonly string[] {
    if (this.#newest?.nextOrdinal !== nextOrdinal) return [];
    const stored = this.#newest.cells;
    return steps.flatMap((id) => {
      const [one, other] = [again, stored].map((side) => side.find((cell) => cell.id === id));
      if (one === undefined || other === undefined || one.version !== other.version) return [];
      const difference = this.#cells.get(id)?.difference?.(new StateReader(one.bytes), new StateReader(other.bytes));
      return difference === undefined ? [] : [`${id}: ${difference}`];
    });
  }

  #note(steps: readonly string[], nextOrdinal: number, again: readonly SnapshotCell[]): void {
    this.compared++;
    if (steps.length === 0) this.#agreed = nextOrdinal;
    else this.difference = { rows: { from: this.#agreed, to: nextOrdinal }, steps, values: this.#valuesOf(steps, nextOrdinal, again) };
  }
}
