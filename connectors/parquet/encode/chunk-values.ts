import type { EncodeMemory } from './encode-memory.ts';
import type { ColumnPlan, PackedColumn } from './packed-rows.ts';
import type { PageLimits } from './page-cuts.ts';
import type { PageOutput } from './page-output.ts';

/** Rows of one page. */
export interface PageRows {
  readonly from: number;
  readonly to: number;
  /** Where their bits lie in the memory; 0 when none of them is null. */
  readonly validity: number;
  /** How many are not null. */
  readonly present: number;
}

/** Values as a page has them. */
export interface PageValues {
  readonly areCodes: boolean;
  readonly length: number;
}

/** Smallest and largest value as Parquet's statistics have them. */
export interface ValueRange {
  readonly least: Uint8Array;
  readonly most: Uint8Array;
}

/** Turns the values of one column chunk into pages. One per layout of values. */
export interface ChunkValues {
  /** Writes the values of a page to `out` in the memory; before that, a dictionary that ends here to `output`. */
  page(rows: PageRows, out: number, output: PageOutput): PageValues;
  /** Writes the dictionary, if pages wait for one. */
  finish(output: PageOutput): void;
  /** Undefined where there is no value. */
  range(): ValueRange | undefined;
}

/** What all layouts are made of. */
export interface ChunkSetting {
  readonly memory: EncodeMemory;
  readonly plan: ColumnPlan;
  readonly column: PackedColumn;
  readonly rows: number;
  readonly limits: PageLimits;
  /** Of the longest page. */
  readonly longest: { readonly rows: number; readonly textBytes: number };
}

/** Of so many values at first, at most this part may be distinct. */
const PROBES = [
  { values: 2_048, distinct: 0.9 },
  { values: 16_384, distinct: 0.5 },
] as const;

/** A page's values that are to be coded. */
export interface Trial {
  readonly present: number;
  /** Values of the pages before. */
  readonly before: number;
  /** Whether a part of them can be coded before the rest. */
  readonly isDivisible: boolean;
}

/**
 * Codes the values of a page, as long as that pays: returns whether it does.
 *
 * @param code codes values [from, to) of the page, and returns how many there was room for
 * @param size how many distinct values there are
 */
export function codedAsLongAsItPays(
  plan: ColumnPlan,
  { present, before, isDivisible }: Trial,
  code: (from: number, to: number) => number,
  size: () => number,
): boolean {
  const isSampled = plan.dictionary === 'sample';
  let done = 0;
  if (isSampled && isDivisible && before === 0) {
    for (const { values, distinct } of PROBES) {
      if (present < values) break;
      if (code(done, values) < values - done || size() > values * distinct) return false;
      done = values;
    }
  }
  if (code(done, present) < present - done) return false;
  return !isSampled || size() * 2 <= before + present;
}

/** Writes codes of `size` entries: their width in bits, and runs. Returns the number of bytes. */
export function writeCodes(memory: EncodeMemory, codes: number, count: number, size: number, out: number): number {
  const width = Math.max(1, 32 - Math.clz32(Math.max(0, size - 1)));
  memory.bytes(out, 1)[0] = width;
  return 1 + memory.functions.writeRuns(codes, count, width, out + 1);
}

/** Room for a dictionary's slots: at most half of them are used. */
export const slotBytes = (entries: number): number => 4 * 2 ** Math.max(10, Math.ceil(Math.log2(2 * entries + 2)));
