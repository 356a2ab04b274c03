/** What a row holds of a column while its record is decoded, one byte per row and column. */
export const ABSENT = 0;
/** The row has a value. */
export const PRESENT = 1;
/** The record says null, or what the format takes for null. */
export const NULL = 2;

/** The validity bitmap of the first `rows` rows, in the form that column makers of `columnar` take. */
export function nullsOf(state: Uint8Array, rows: number): { readonly nullCount: number; finish(): Uint8Array | undefined } {
  let valid = 0;
  for (let row = 0; row < rows; row++) if (state[row] === PRESENT) valid++;
  return { nullCount: rows - valid, finish: () => (valid === rows ? undefined : bitmapOf(state, rows)) };
}

function bitmapOf(state: Uint8Array, rows: number): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(rows / 64) * 8);
  for (let row = 0; row < rows; row++) {
    if (state[row] === PRESENT) bitmap[row >> 3] = (bitmap[row >> 3] as number) | (1 << (row & 7));
  }
  return bitmap;
}
