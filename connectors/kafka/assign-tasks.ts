/** A member of a group and the tasks that it has now. */
export interface TaskOwner {
  readonly id: string;
  readonly tasks: readonly number[];
}

/**
 * Spreads tasks `0 .. count - 1` over members: numbers differ by one at most, and a member keeps what it has as far as that allows, since a task that moves must restore its state.
 * Two members that both claim a task (one was away) are settled by the order of their ids.
 */
export function assignTasks(count: number, members: readonly TaskOwner[]): ReadonlyMap<string, readonly number[]> {
  const sorted = members.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const kept = new Map<string, number[]>(sorted.map(({ id }) => [id, []]));
  if (sorted.length === 0) return kept;
  const least = Math.floor(count / sorted.length);
  // So many members may have one more than the least.
  let larger = count % sorted.length;
  const free = new Set(Array.from({ length: count }, (_, task) => task));
  for (const { id, tasks } of byClaim(sorted)) {
    const own = kept.get(id) as number[];
    for (const task of tasks) {
      const limit = least + (larger > 0 ? 1 : 0);
      if (own.length < limit && free.delete(task)) own.push(task);
    }
    if (own.length > least) larger--;
  }
  for (const task of free) poorest(kept).push(task);
  for (const own of kept.values()) own.sort((one, other) => one - other);
  return kept;
}

/** Whoever has most comes first, so that it is they who keep one more. */
const byClaim = (members: readonly TaskOwner[]): readonly TaskOwner[] =>
  members.toSorted((one, other) => other.tasks.length - one.tasks.length);

function poorest(owners: ReadonlyMap<string, number[]>): number[] {
  let least: number[] | undefined;
  for (const own of owners.values()) if (least === undefined || own.length < least.length) least = own;
  return least as number[];
}
