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

/** Throws DIVERGED, naming the first step, when the state is not what the commit record says. */
export function compareState(cells: ReadonlyMap<string, StateCell>, record: CommitRecord): void {
  if (Object.keys(record.digest).length === 0) return;
  const differing = differingSteps(digestOf(snapshotCells(cells)), record.digest);
  if (differing.length === 0) return;
  throw new MillraceError('DIVERGED', `re-running epoch ${record.epoch} of task ${record.task} gave another state`, {
    step: differing[0],
    hint: `${differing.join(', ')} depends on more than its rows (a clock, a random number, the environment), or the code has changed`,
  });
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
