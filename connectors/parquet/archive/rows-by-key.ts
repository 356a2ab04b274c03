/** Rows [from, to) by key, keys in the order of first sight; undefined for all of them. */
export function rowsByKey(numbers: Int32Array, from: number, to: number): Map<number, Int32Array | undefined> {
  const first = numbers[from] as number;
  let same = from + 1;
  while (same < to && numbers[same] === first) same++;
  if (same === to) return new Map([[first, undefined]]);
  const groups = new Map<number, number[]>();
  for (let row = from; row < to; row++) {
    const number = numbers[row] as number;
    const rows = groups.get(number);
    if (rows === undefined) groups.set(number, [row]);
    else rows.push(row);
  }
  return new Map([...groups].map(([number, rows]) => [number, Int32Array.from(rows)]));
}
