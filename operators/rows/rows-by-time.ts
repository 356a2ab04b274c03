/**
 * The rows in order of their times, rows of one time in the order given; undefined where they are in order already. Natural merge sort: what is in order anyway costs nothing, and
 * two sorted parts one after the other one pass.
 *
 * @param times none of them NaN
 */
export function rowsByTime(times: Float64Array): Int32Array | undefined {
  if (isSorted(times)) return undefined;
  let ends = runEnds(times);
  let from = new Int32Array(times.length);
  for (let row = 0; row < from.length; row++) from[row] = row;
  let to = new Int32Array(times.length);
  while (ends.length > 1) {
    ends = mergePairs(times, from, to, ends);
    [from, to] = [to, from];
  }
  return from;
}

function isSorted(times: Float64Array): boolean {
  let before = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < times.length; row++) {
    const time = times[row] as number;
    if (time < before) return false;
    before = time;
  }
  return true;
}

/** The ends of the longest parts that are in order. */
function runEnds(times: Float64Array): number[] {
  const ends: number[] = [];
  for (let row = 1; row < times.length; row++) if ((times[row] as number) < (times[row - 1] as number)) ends.push(row);
  ends.push(times.length);
  return ends;
}

/** Merges each two sorted parts; returns the ends of what comes of it. */
function mergePairs(times: Float64Array, from: Int32Array, to: Int32Array, ends: readonly number[]): number[] {
  const merged: number[] = [];
  let low = 0;
  for (let run = 0; run < ends.length; run += 2) {
    const middle = ends[run] as number;
    const high = ends[run + 1] ?? middle;
    merge(times, from, to, { low, middle, high });
    merged.push(high);
    low = high;
  }
  return merged;
}

function merge(
  times: Float64Array,
  from: Int32Array,
  to: Int32Array,
  { low, middle, high }: { readonly low: number; readonly middle: number; readonly high: number },
): void {
  let [first, second] = [low, middle];
  for (let at = low; at < high; at++) {
    const takesFirst =
      second >= high || (first < middle && (times[from[first] as number] as number) <= (times[from[second] as number] as number));
    to[at] = from[takesFirst ? first++ : second++] as number;
  }
}
