import type { Snapshot, SnapshotCell } from '../connectors/index.ts';
import { MillraceError, type StateCell, StateReader } from '../streams/index.ts';
import { type AdoptedStep, type StateChange, stateChange } from './state-change.ts';

/** What the user agrees to when the pipeline has changed since the snapshot. */
export interface RestoreConsent {
  /** Drop the state of steps that are gone. */
  readonly allowOrphans?: boolean;
  /** Steps that begin anew, whatever the snapshot holds for them. */
  readonly resetSteps?: readonly string[];
  /** The savepoint that the run was started from: of its state, steps that have changed keep what fits. */
  readonly savepoint?: string;
}

/**
 * Restores every cell that the snapshot has; steps that are new begin without state. Where `adopts`, a cell that cannot take its state as a whole may keep a part of it.
 *
 * @throws MillraceError STATE_INCOMPATIBLE when state would be lost without consent, or a step refuses its bytes.
 */
export function restoreCells(
  cells: ReadonlyMap<string, StateCell>,
  snapshot: Snapshot,
  consent: RestoreConsent = {},
  adopts = false,
): StateChange {
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
  const adopted: AdoptedStep[] = [];
  for (const stored of snapshot.cells) {
    const cell = cells.get(stored.id);
    if (cell === undefined || fresh.has(stored.id)) continue;
    const adoption = restoreCell(cell, stored, adopts);
    if (adoption !== undefined) adopted.push(adoption);
  }
  const parts = new Set(adopted.map(({ step }) => step));
  return { ...change, migrated: change.migrated.filter((id) => !parts.has(id)), adopted };
}

/** Restores one cell; what it has kept where that is not all. */
function restoreCell(cell: StateCell, { id, version, bytes }: SnapshotCell, adopts: boolean): AdoptedStep | undefined {
  try {
    cell.restore(new StateReader(bytes), version, adopts);
    return undefined;
  } catch (thrown) {
    const error = MillraceError.from(thrown, 'STATE_INCOMPATIBLE', { step: id, hint: hintFor(cell) });
    if (!adopts || cell.adopt === undefined || error.code !== 'STATE_INCOMPATIBLE') throw error;
  }
  try {
    return { step: id, ...cell.adopt(new StateReader(bytes), version) };
  } catch (thrown) {
    throw MillraceError.from(thrown, 'STATE_INCOMPATIBLE', { step: id, hint: hintFor({}) });
  }
}

const hintFor = ({ adopt }: Pick<StateCell, 'adopt'>) =>
  adopt === undefined
    ? 'run the version that wrote it, or begin this step anew with --reset-steps'
    : 'to keep what fits, save this state (millrace state save), forget it (millrace state reset) and start from the savepoint; or begin this step anew with --reset-steps';

/** Step ids among cells: the task's own cells have names in brackets. */
const stepsOf = (cells: ReadonlyMap<string, unknown>) => [...cells.keys()].filter((id) => !id.startsWith('['));
