import type { CommitRecord, Position, ReadBudget, StreamPoint } from '../connectors/index.ts';
import { MillraceError, type StateCell } from '../streams/index.ts';
import type { InputMerge, Stretch } from './input-merge.ts';
import { differingPlaces } from './published.ts';
import type { StateChange } from './state-change.ts';
import type { TaskSinks } from './task-sinks.ts';
import { compareState } from './task-state.ts';

/** What a re-run works on: the parts of a task whose state was restored from a snapshot. */
export interface RerunParts {
  readonly task: string;
  readonly merge: InputMerge;
  readonly sinks: TaskSinks;
  readonly cells: ReadonlyMap<string, StateCell>;
  /** Steps whose rows of a savepoint have got other columns. */
  readonly refitted: ReadonlySet<string>;
  /** What an input is asked for, and nothing at or beyond `until`. */
  budget(until: Position | undefined): ReadBudget;
  /** Pushes a turn through the operators. */
  run(turn: readonly Stretch[]): Promise<void>;
}

/** Where a re-run stops; one that does not know its ordinal is wherever its positions are. */
export type RerunTarget = Pick<StreamPoint, 'positions'> & { readonly nextOrdinal?: number };

/**
 * Runs the committed rows since the snapshot again with sinks muted, and compares state and outputs with what was committed.
 *
 * @throws MillraceError DIVERGED, naming the step or the topic.
 */
export async function rerunCommitted(parts: RerunParts, record: CommitRecord, change: StateChange): Promise<void> {
  const { sinks } = parts;
  sinks.muted = true;
  await rerunTo(parts, record.digestAt ?? record);
  compareState(parts.cells, record, change, parts.refitted);
  await rerunTo(parts, record);
  await parts.merge.goLive();
  compareOutputs(parts, record);
  sinks.muted = false;
}

function compareOutputs({ task, sinks }: RerunParts, { epoch, digest, published }: CommitRecord): void {
  // Without a digest the guarantee was at-least-once.
  if (published === undefined || Object.keys(digest).length === 0) return;
  const differing = differingPlaces(sinks.published.toJSON(), published);
  if (differing.length === 0) return;
  throw new MillraceError('DIVERGED', `re-running epoch ${epoch} of task ${task} put out something else for ${differing.join(', ')}`, {
    hint: 'a step depends on more than its rows (a clock, a random number, the environment), or the code has changed',
  });
}

/** Runs rows again, with sinks as they are, up to a point. */
export async function rerunTo({ task, merge, budget, run }: RerunParts, { positions, nextOrdinal }: RerunTarget): Promise<void> {
  const { rows: most } = budget(undefined);
  while (merge.nextOrdinal < (nextOrdinal ?? 0) || !samePositions(merge.positions, positions)) {
    const rows = Math.min(most, Math.max(1, (nextOrdinal ?? Number.POSITIVE_INFINITY) - merge.nextOrdinal));
    const turn = await merge.next(rows, (input) => budget(positions[input.name]));
    if (typeof turn !== 'string') await run(turn);
    else if (turn === 'end' || samePositions(merge.positions, positions)) break;
  }
  if (merge.nextOrdinal === (nextOrdinal ?? merge.nextOrdinal)) return;
  throw new MillraceError('DIVERGED', `task ${task} found ${merge.nextOrdinal} rows where ${nextOrdinal} were committed`, {
    hint: 'the input has changed or was deleted since, or the commit record is not that of this input; begin anew with --fresh',
  });
}

function samePositions(a: Readonly<Record<string, Position>>, b: Readonly<Record<string, Position>>): boolean {
  return Object.entries(b).every(([input, position]) =>
    Object.entries(position).every(([stream, offset]) => (a[input]?.[stream] ?? 0) >= offset),
  );
}
