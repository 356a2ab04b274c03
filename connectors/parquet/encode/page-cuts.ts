import type { PackedColumn } from './packed-rows.ts';

/** Whole bytes of bitmaps; few enough for the near caches. */
export const PAGE_ROWS = 20_480;
/** Bytes of strings in a page, unless eight of them are longer. */
export const PAGE_BYTES = 1024 * 1024;

/** Where the pages of a column chunk end: rows, multiples of eight but for the last. They depend on the rows alone. */
export function pageEnds({ offsets }: PackedColumn, rows: number): number[] {
  const ends: number[] = [];
  for (let from = 0; from < rows; from = ends.at(-1) as number) {
    const most = Math.min(rows, from + PAGE_ROWS);
    ends.push(offsets === undefined ? most : textEnd(offsets, from, most));
  }
  return ends;
}

function textEnd(offsets: Int32Array, from: number, most: number): number {
  const limit = (offsets[from] as number) + PAGE_BYTES;
  if ((offsets[most] as number) <= limit) return most;
  let low = 1;
  let high = Math.ceil((most - from) / 8);
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((offsets[Math.min(most, from + middle * 8)] as number) <= limit) low = middle;
    else high = middle - 1;
  }
  return Math.min(most, from + low * 8);
}

/** The longest page: rows, and bytes of strings. */
export function longestPage({ offsets }: PackedColumn, ends: readonly number[]): { readonly rows: number; readonly textBytes: number } {
  let rows = 0;
  let textBytes = 0;
  let from = 0;
  for (const end of ends) {
    rows = Math.max(rows, end - from);
    if (offsets !== undefined) textBytes = Math.max(textBytes, (offsets[end] as number) - (offsets[from] as number));
    from = end;
  }
  return { rows, textBytes };
}
