import { type NetworkState, readForeignSnapshot } from './snapshot.ts';

/**
 * The first weight in which two snapshots of one network differ, with its place in its parameter, and how many differ; else what the optimizer keeps of a weight, else the step count.
 * Undefined when they are equal.
 *
 * @throws MillraceError STATE_INCOMPATIBLE for snapshots that do not tell their parameters; STORE_DAMAGED
 */
export function snapshotDifference(again: Uint8Array, stored: Uint8Array): string | undefined {
  const [one, other] = [readForeignSnapshot(again), readForeignSnapshot(stored)];
  for (let array = 0; array < one.arrays.length; array++) {
    const difference = arrayDifference(one, other, array);
    if (difference !== undefined) return difference;
  }
  return one.steps === other.steps ? undefined : `${one.steps} optimizer steps, stored are ${other.steps}`;
}

function arrayDifference(one: NetworkState, other: NetworkState, array: number): string | undefined {
  let first: string | undefined;
  let count = 0;
  let all = 0;
  one.tensors.forEach(([name, shape], tensor) => {
    const values = one.arrays[array]?.[tensor] ?? new Float32Array(0);
    const wanted = other.arrays[array]?.[tensor] ?? new Float32Array(0);
    all += values.length;
    for (let index = 0; index < values.length; index++) {
      if (Object.is(values[index], wanted[index])) continue;
      count++;
      first ??= `${name}[${placeOf(index, shape).join(', ')}] is ${values[index]}, stored is ${wanted[index]}`;
    }
  });
  if (first === undefined) return undefined;
  return `${array === 0 ? 'weight' : `optimizer state ${array} of weight`} ${first} (${count} of ${all} differ)`;
}

/** Indexes along the axes of a row-major tensor. */
function placeOf(index: number, shape: readonly number[]): readonly number[] {
  let rest = index;
  return shape
    .toReversed()
    .map((size) => {
      const at = rest % size;
      rest = (rest - at) / size;
      return at;
    })
    .reverse();
}
