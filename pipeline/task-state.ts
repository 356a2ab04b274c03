import { createHash } from 'node:crypto';
import type { CommitRecord, SnapshotCell } from '../connectors/index.ts';
import { MillraceError, type StateCell, StateWriter } from '../streams/index.ts';
import { changedSteps, isChanged, type StateChange } from './state-change.ts';
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

/** Throws DIVERGED, naming the first step, when the state is not what the commit record says. Steps that `changed` and `refitted` name are not compared. */
export function compareState(
  cells: ReadonlyMap<string, StateCell>,
  record: CommitRecord,
  changed: StateChange,
  refitted: ReadonlySet<string>,
): void {
  if (Object.keys(record.digest).length === 0) return;
  const ignored = new Set([...refitted, ...(isChanged(changed) ? [...changedSteps(changed), LEDGER] : [])]);
  const differing = differingSteps(digestOf(snapshotCells(cells)), record.digest).filter((step) => !ignored.has(step));
  if (differing.length === 0) return;
  throw new MillraceError('DIVERGED', `re-running epoch ${record.epoch} of task ${record.task} gave another state`, {
    step: differing[0],
    hint: `${differing.join(', ')} depends on more than its rows (a clock, a random number, the environment), or the code has changed`,
  });
}
