import type { Position } from '../../contract/index.ts';
import type { ArrivalKey, ReplayBase } from './replay-buffer.ts';

/** Begins the names of a replay's own entries in a position; the others are the source's. */
const OWN = 'replay:';

/** A replay's place as a position: where to read again from, the last arrival that was given, and the mark of their order. */
export function toPosition(base: ReplayBase, given: ArrivalKey | undefined, mark: number): Position {
  const { position, ...numbers } = base;
  const own: Record<string, number> = { ...numbers, ...(mark !== 0 && { order: mark }) };
  if (given !== undefined) Object.assign(own, { due: given.due, row: given.n, copy: given.copy });
  const known = Object.entries(own).filter(([, value]) => !Number.isNaN(value));
  return { ...position, ...Object.fromEntries(known.map(([name, value]) => [`${OWN}${name}`, value])) };
}

/** The inverse of {@link toPosition}. */
export function fromPosition(position: Position): { readonly base: ReplayBase; readonly given: ArrivalKey | undefined } {
  const own = (name: string, absent: number): number => position[`${OWN}${name}`] ?? absent;
  const base: ReplayBase = {
    position: Object.fromEntries(Object.entries(position).filter(([name]) => !name.startsWith(OWN))),
    n: own('n', 0),
    minimum: own('minimum', Number.NaN),
    maximum: own('maximum', Number.NaN),
    step: own('step', 1),
    pass: own('pass', 0),
    shift: own('shift', 0),
  };
  const row = position[`${OWN}row`];
  return { base, given: row === undefined ? undefined : { due: own('due', 0), n: row, copy: own('copy', 0) } };
}

/** The mark of the order in which a replay's rows arrived. */
export const markOf = (position: Position): number => position[`${OWN}order`] ?? 0;

/** Whether a position is one of a replay, or the replayed source's own. */
export const isReplayPosition = (position: Position | undefined): boolean =>
  Object.keys(position ?? {}).some((name) => name.startsWith(OWN));

/** Whether a source's position is at or behind another one. */
export const hasReached = (position: Position, other: Position): boolean =>
  Object.entries(other).every(([stream, row]) => (position[stream] ?? 0) >= row);

/** Whether it is the replayed source's own, and says something. */
export const isSourcePosition = (position: Position): boolean => Object.keys(position).length > 0 && !isReplayPosition(position);
