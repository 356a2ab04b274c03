/** What a row holds of a column while its record is decoded, one byte per row and column. */
export const ABSENT = 0;
/** The row has a value. */
export const PRESENT = 1;
/** The record says null, or what the format takes for null. */
export const NULL = 2;

/** The validity bitmap of the first `rows` rows, in the form that column makers of `columnar` take. */
export function nullsOf(state: Uint8Array, rows: number): { readonly nullCount: number; finish(): Uint8Array | undefined } {
  const valid = countPresent(state, rows);
  return { nullCount: rows - valid, finish: () => (valid === rows ? undefined : bitmapOf(state, rows)) };
}

/** Four rows that all have a value. */
const FOUR_PRESENT = 0x01010101;

/** Rows that have a value: mostly all of them, which four at a time show soonest. */
function countPresent(state: Uint8Array, rows: number): number {
  let row = 0;
  if (state.byteOffset % 4 === 0) {
    const fours = new Int32Array(state.buffer, state.byteOffset, Math.min(rows, state.length) >> 2);
    let four = 0;
    while (four < fours.length && fours[four] === FOUR_PRESENT) four++;
    row = four * 4;
  }
  let valid = row;
  for (; row < rows; row++) if (state[row] === PRESENT) valid++;
  return valid;
}

/** Moves rows up over those that are left out, `width` values each. `gone`: the rows left out, ascending. */
export function closeGaps(values: Int32Array | Float64Array | Uint8Array, gone: Int32Array, rows: number, width = 1): void {
  let to = gone[0] ?? rows;
  for (let gap = 0; gap < gone.length; gap++) {
    const from = (gone[gap] as number) + 1;
    const end = gone[gap + 1] ?? rows;
    values.copyWithin(to * width, from * width, end * width);
    to += end - from;
  }
}

function bitmapOf(state: Uint8Array, rows: number): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(rows / 64) * 8);
  for (let row = 0; row < rows; row++) {
    if (state[row] === PRESENT) bitmap[row >> 3] = (bitmap[row >> 3] as number) | (1 << (row & 7));
  }
  return bitmap;
}
