/** The numbers of the rows that a test finds, ascending. */
export function rowsWhere(rows: number, test: (row: number) => boolean): Int32Array {
  const found = new Int32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) if (test(row)) found[count++] = row;
  return found.subarray(0, count);
}
