import type { Snapshot, SnapshotCell } from '../connectors/index.ts';
import type { Adoption, StateCell } from '../streams/index.ts';

/** A step that has taken over a part of its state. */
export interface AdoptedStep extends Adoption {
  readonly step: string;
}

/** How the steps of a pipeline differ from those that wrote a snapshot. */
export interface StateChange {
  /** Steps of the snapshot that the pipeline no longer has: their state is dropped. */
  readonly orphans: readonly string[];
  /** Steps that begin without state. */
  readonly fresh: readonly string[];
  /** Steps whose state an older version of their code had written. */
  readonly migrated: readonly string[];
  /** Steps that kept what fits of a state that other code had written. */
  readonly adopted: readonly AdoptedStep[];
}

export const UNCHANGED: StateChange = { orphans: [], fresh: [], migrated: [], adopted: [] };

export const isChanged = (change: StateChange) => Object.values(change).some((steps) => steps.length > 0);

/** Steps whose state is not what was stored. */
export const changedSteps = ({ orphans, fresh, migrated, adopted }: StateChange): ReadonlySet<string> =>
  new Set([...orphans, ...fresh, ...migrated, ...adopted.map(({ step }) => step)]);

/** Steps whose ledger counters begin anew, as their state does. */
export const recountedSteps = ({ fresh, adopted }: StateChange): ReadonlySet<string> =>
  new Set([...fresh, ...adopted.filter(({ recount }) => recount === true).map(({ step }) => step)]);

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
    adopted: [],
  };
}

/** The change in words, for the user; one sentence a line. */
export function describeChange({ orphans, fresh, migrated, adopted }: StateChange): readonly string[] {
  const parts = [
    orphans.length > 0 ? [`dropped the state of ${orphans.join(', ')}`] : [],
    migrated.length > 0 ? [`migrated ${migrated.join(', ')} from an older version`] : [],
    fresh.length > 0 ? [`${fresh.join(', ')} began without state`] : [],
  ].flat();
  const steps = parts.length === 0 ? [] : [`${parts.join('; ')}; the other steps keep theirs`];
  return [...steps, ...adopted.map(describeAdoption)];
}

function describeAdoption({ step, kept, fresh }: AdoptedStep): string {
  const anew = fresh.length === 0 ? '' : `; began anew: ${fresh.join(', ')}`;
  return `${step}: kept ${kept.length === 0 ? 'nothing' : kept.join(', ')}${anew}`;
}
