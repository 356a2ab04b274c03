import { createHash } from 'node:crypto';
import type { Snapshot, SnapshotCell } from '../connectors/index.ts';
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

/** SHA-256 of each cell's bytes, hex, by step id. */
export function digestOf(cells: readonly SnapshotCell[]): Readonly<Record<string, string>> {
  return Object.fromEntries(cells.map(({ id, bytes }) => [id, createHash('sha256').update(bytes).digest('hex')]));
}

/** Steps whose digests differ, or that only one side has. */
export function differingSteps(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((id) => a[id] !== b[id]);
}

/**
 * Restores every cell from a snapshot.
 *
 * @throws MillraceError STATE_INCOMPATIBLE when the pipeline has other steps than the one that wrote it, or a step refuses its bytes.
 */
export function restoreCells(cells: ReadonlyMap<string, StateCell>, snapshot: Snapshot): void {
  const stored = new Map(snapshot.cells.map((cell) => [cell.id, cell]));
  const orphans = [...stored.keys()].filter((id) => !cells.has(id));
  const fresh = [...cells.keys()].filter((id) => !stored.has(id));
  if (orphans.length > 0 || fresh.length > 0) {
    const parts = [
      orphans.length > 0 ? `state of ${orphans.join(', ')} has no step any more` : '',
      fresh.length > 0 ? `${fresh.join(', ')} has no state yet` : '',
    ];
    throw new MillraceError('STATE_INCOMPATIBLE', `the pipeline has changed: ${parts.filter((part) => part !== '').join('; ')}`, {
      hint: 'run the pipeline that wrote the state, or begin anew with --fresh',
    });
  }
  for (const [id, cell] of cells) {
    const { bytes, version } = stored.get(id) as SnapshotCell;
    try {
      cell.restore(new StateReader(bytes), version);
    } catch (thrown) {
      throw MillraceError.from(thrown, 'STATE_INCOMPATIBLE', { step: id });
    }
  }
}
