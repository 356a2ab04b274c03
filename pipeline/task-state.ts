import { createHash } from 'node:crypto';
import type { CommitRecord, Snapshot, SnapshotCell } from '../connectors/index.ts';
import { MillraceError, type StateCell, StateReader, StateWriter } from '../streams/index.ts';
import type { Steps } from './steps.ts';

/** Id of the ledger among the cells; no step can have it, since step names hold no brackets. */
const LEDGER = '[ledger]';

/** The cells of a task: one per step with state, and the ledger. */
export function taskCells(steps: Steps): ReadonlyMap<string, StateCell> {
  const ledger: StateCell = {
    version: 1,
    snapshot: (out) => steps.ledger.snapshot(out),
    restore: (input) => steps.ledger.restore(input),
  };
  return new Map([...steps.cells, [LEDGER, ledger]]);
}

/** Bytes of every cell. */
export function snapshotCells(cells: ReadonlyMap<string, StateCell>): readonly SnapshotCell[] {
  return [...cells].map(([id, cell]) => {
    const out = new StateWriter();
    try {
      cell.snapshot(out);
    } catch (thrown) {
      throw MillraceError.from(thrown, 'OPERATOR_FAILED', { step: id });
    }
    return { id, version: cell.version, bytes: out.finish() };
  });
}

/** Throws STATE_TOO_LARGE, naming the largest step, when the cells are more bytes than `most`. */
export function checkStateSize(cells: readonly SnapshotCell[], most: number | undefined): void {
  const total = cells.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (most === undefined || total <= most) return;
  const largest = cells.reduce((a, b) => (b.bytes.length > a.bytes.length ? b : a));
  throw new MillraceError(
    'STATE_TOO_LARGE',
    `the state takes ${total} bytes, its budget is ${most}; ${largest.bytes.length} of them are of this step`,
    {
      step: largest.id,
      hint: 'give the step fewer keys or a shorter memory, or raise the budget with stateBytes',
    },
  );
}

/** SHA-256 of each cell's bytes, hex, by step id. */
export function digestOf(cells: readonly SnapshotCell[]): Readonly<Record<string, string>> {
  return Object.fromEntries(cells.map(({ id, bytes }) => [id, createHash('sha256').update(bytes).digest('hex')]));
}

/** Steps whose digests differ, or that only one side has. */
export function differingSteps(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((id) => a[id] !== b[id]);
}

/** Throws DIVERGED, naming the first step, when the state is not what the commit record says. Steps that `changed` names are not compared. */
export function compareState(cells: ReadonlyMap<string, StateCell>, record: CommitRecord, changed: StateChange): void {
  if (Object.keys(record.digest).length === 0) return;
  const ignored = new Set(isChanged(changed) ? [...changed.orphans, ...changed.fresh, ...changed.migrated, LEDGER] : []);
  const differing = differingSteps(digestOf(snapshotCells(cells)), record.digest).filter((step) => !ignored.has(step));
  if (differing.length === 0) return;
  throw new MillraceError('DIVERGED', `re-running epoch ${record.epoch} of task ${record.task} gave another state`, {
    step: differing[0],
    hint: `${differing.join(', ')} depends on more than its rows (a clock, a random number, the environment), or the code has changed`,
  });
}

/** How the steps of a pipeline differ from those that wrote a snapshot. */
export interface StateChange {
  /** Steps of the snapshot that the pipeline no longer has: their state is dropped. */
  readonly orphans: readonly string[];
  /** Steps that begin without state. */
  readonly fresh: readonly string[];
  /** Steps whose state an older version of their code had written. */
  readonly migrated: readonly string[];
}

export const isChanged = ({ orphans, fresh, migrated }: StateChange) => orphans.length + fresh.length + migrated.length > 0;

/** What the user agrees to when the pipeline has changed since the snapshot. */
export interface RestoreConsent {
  /** Drop the state of steps that are gone. */
  readonly allowOrphans?: boolean;
  /** Steps that begin anew, whatever the snapshot holds for them. */
  readonly resetSteps?: readonly string[];
}

/**
 * Restores every cell that the snapshot has; steps that are new begin without state.
 *
 * @throws MillraceError STATE_INCOMPATIBLE when state would be lost without consent, or a step refuses its bytes.
 */
export function restoreCells(cells: ReadonlyMap<string, StateCell>, snapshot: Snapshot, consent: RestoreConsent = {}): StateChange {
  const reset = new Set(consent.resetSteps);
  const unknown = [...reset].filter((id) => !cells.has(id));
  if (unknown.length > 0) {
    throw new MillraceError('INVALID_OPTION', `resetSteps names ${unknown.join(', ')}, which the pipeline has not`, {
      hint: `steps with state are ${stepsOf(cells).join(', ')}`,
    });
  }
  const change = stateChange(cells, snapshot, reset);
  if (change.orphans.length > 0 && consent.allowOrphans !== true) {
    throw new MillraceError('STATE_INCOMPATIBLE', `the pipeline has changed: state of ${change.orphans.join(', ')} has no step any more`, {
      hint: 'give the step its old id, run the pipeline that wrote the state, or drop that state with --allow-orphans',
    });
  }
  const fresh = new Set(change.fresh);
  for (const { id, version, bytes } of snapshot.cells) {
    if (fresh.has(id)) continue;
    try {
      cells.get(id)?.restore(new StateReader(bytes), version);
    } catch (thrown) {
      throw MillraceError.from(thrown, 'STATE_INCOMPATIBLE', {
        step: id,
        hint: 'run the version that wrote it, or begin this step anew with --reset-steps',
      });
    }
  }
  return change;
}

/** What restoring a snapshot into these cells would change. */
export function stateChange(
  cells: ReadonlyMap<string, Pick<StateCell, 'version'>>,
  snapshot: Pick<Snapshot, 'cells'>,
  reset: ReadonlySet<string> = new Set(),
): StateChange {
  const stored = new Set(snapshot.cells.map(({ id }) => id));
  const older = ({ id, version }: SnapshotCell) => cells.has(id) && !reset.has(id) && cells.get(id)?.version !== version;
  return {
    migrated: snapshot.cells.filter(older).map(({ id }) => id),
    orphans: [...stored].filter((id) => !cells.has(id)),
    fresh: [...cells.keys()].filter((id) => !stored.has(id) || reset.has(id)),
  };
}

/** Step ids among cells: the task's own cells have names in brackets. */
const stepsOf = (cells: ReadonlyMap<string, unknown>) => [...cells.keys()].filter((id) => !id.startsWith('['));
