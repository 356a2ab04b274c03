import type { PackedColumn } from './packed-rows.ts';

/** How large pages and dictionaries become. */
export interface PageLimits {
  /** A multiple of eight, for whole bytes of bitmaps. */
  readonly pageRows: number;
  /** Bytes of strings in a page, unless eight of them are longer. */
  readonly pageBytes: number;
  /** A dictionary that has become larger is of no use: the pages that follow are plain. */
  readonly dictionaryBytes: number;
}

/** A megabyte, which is so many words of eight bytes: Node's zstd takes 90 us per page beside its bytes. */
export const PAGE_LIMITS: PageLimits = { pageRows: 131_072, pageBytes: 1024 * 1024, dictionaryBytes: 1024 * 1024 };

/** Where the pages of a column chunk end: rows, multiples of eight but for the last. They depend on the rows alone. */
export function pageEnds({ offsets }: PackedColumn, rows: number, { pageRows, pageBytes }: PageLimits): number[] {
  const ends: number[] = [];
  for (let from = 0; from < rows; from = ends.at(-1) as number) {
    const most = Math.min(rows, from + pageRows);
    ends.push(offsets === undefined ? most : textEnd(offsets, from, most, pageBytes));
  }
  return ends;
}

function textEnd(offsets: Int32Array, from: number, most: number, pageBytes: number): number {
  const limit = (offsets[from] as number) + pageBytes;
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
