type Values = Float32Array | Float64Array;

/** Up to here a loop is faster than a view and `set`, whose cost is that of two objects. */
const FEW = 32;

/** Copies `count` values of one row into another array of the same kind. */
export function copyValues<Kind extends Values>(from: Kind, start: number, count: number, to: Kind, at: number): void {
  if (count > FEW) to.set(from.subarray(start, start + count), at);
  else for (let i = 0; i < count; i++) to[at + i] = from[start + i] as number;
}
