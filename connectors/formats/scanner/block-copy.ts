import type { RecordColumns } from '../../contract/index.ts';
import type { ScannerMemory } from './scanner-memory.ts';

/** Zero bytes after the block, where loops end and vectors are loaded whole. */
const SLACK = 32;
/** A block that lies scattered over more than this times its records' bytes is not worth copying. */
const MOST_SPREAD = 4;
const SMALL = 65_536;

/** The records of a block in the scanner's memory. */
export interface BlockCopy {
  readonly block: number;
  /** Positions of the lists of starts (relative to the block) and lengths, one i32 per record; length 0 for records to leave out. */
  readonly starts: number;
  readonly lengths: number;
  /** Where in the records' own bytes the block begins. */
  readonly low: number;
}

/** First and last byte of the records that are not too long, and their bytes. */
export interface Extent {
  readonly low: number;
  readonly high: number;
  readonly total: number;
}

/** Measures what a copy would take. */
export function extentOf({ count, valueStart, valueLength }: RecordColumns, maxBytes: number): Extent {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  let total = 0;
  for (let record = 0; record < count; record++) {
    const length = valueLength[record] as number;
    if (length <= 0 || length > maxBytes) continue;
    const start = valueStart[record] as number;
    if (start < low) low = start;
    if (start + length > high) high = start + length;
    total += length;
  }
  return { low: Math.min(low, high), high, total };
}

/** Whether the records lie too far apart to be copied as one block. */
export const isScattered = ({ low, high, total }: Extent) => high - low > total * MOST_SPREAD + SMALL;

/** Copies the values of a block, `extent` of them, behind what the memory holds. With `trim`, lines lose their line end. */
export function copyBlock(memory: ScannerMemory, records: RecordColumns, extent: Extent, maxBytes: number, trim: boolean): BlockCopy {
  const { count, bytes, valueStart, valueLength } = records;
  const { low, high } = extent;
  const starts = memory.place(count * 4);
  const lengths = memory.place(count * 4);
  const block = memory.place(high - low + SLACK);
  const target = memory.bytes(block, high - low + SLACK);
  target.set(bytes.subarray(low, high));
  target.fill(0, high - low);
  const toStart = memory.words(starts, count);
  const toLength = memory.words(lengths, count);
  for (let record = 0; record < count; record++) {
    const start = valueStart[record] as number;
    const length = valueLength[record] as number;
    toStart[record] = start - low;
    toLength[record] = length > maxBytes || length < 0 ? 0 : trim ? trimmed(bytes, start, length) : length;
  }
  return { block, starts, lengths, low };
}

function trimmed(bytes: Uint8Array, start: number, length: number): number {
  let end = start + length;
  if (end > start && bytes[end - 1] === 0x0a) end--;
  if (end > start && bytes[end - 1] === 0x0d) end--;
  return end - start;
}
