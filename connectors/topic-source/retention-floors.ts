import type { CommitRecord } from '../contract/index.ts';

/**
 * Per topic the lowest offset that a task has still to read or, from its newest snapshot, would read again: nothing from there on may be deleted. Commit records do not tell partitions
 * apart, so the lowest of all holds for all.
 *
 * @param restored the positions of a task's newest snapshot; none without one, which means that it would begin at the start
 */
export function retentionFloors(
  commits: readonly CommitRecord[],
  restored: (task: string, epoch: number) => CommitRecord['positions'] | undefined,
): ReadonlyMap<string, number> {
  const floors = new Map<string, number>();
  for (const { task, positions, snapshotEpoch, copyOf } of commits) {
    if (copyOf !== undefined) continue;
    const again = restored(task, snapshotEpoch);
    for (const [input, position] of Object.entries(positions)) {
      for (const topic of Object.keys(position)) {
        floors.set(topic, Math.min(floors.get(topic) ?? Number.POSITIVE_INFINITY, again?.[input]?.[topic] ?? 0));
      }
    }
  }
  return floors;
}
