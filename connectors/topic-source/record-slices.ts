import type { RecordColumns } from '../contract/index.ts';

/** The records of several blocks as one, copied. */
export function joinRecords(blocks: readonly RecordColumns[]): RecordColumns {
  if (blocks.length === 1) return blocks[0] as RecordColumns;
  const count = blocks.reduce((sum, block) => sum + block.count, 0);
  const bytes = new Uint8Array(blocks.reduce((sum, block) => sum + block.bytes.length, 0));
  const joined = {
    count,
    bytes,
    keyStart: new Int32Array(count),
    keyLength: new Int32Array(count),
    valueStart: new Int32Array(count),
    valueLength: new Int32Array(count),
    timestamp: new Float64Array(count),
    offset: new Float64Array(count),
    headersStart: new Int32Array(count),
    headersLength: new Int32Array(count),
  };
  let record = 0;
  let at = 0;
  for (const block of blocks) {
    bytes.set(block.bytes, at);
    for (const column of ['keyLength', 'valueLength', 'headersLength', 'timestamp', 'offset'] as const)
      joined[column].set(block[column], record);
    for (const column of ['keyStart', 'valueStart', 'headersStart'] as const) copyShifted(block[column], joined[column], record, at);
    record += block.count;
    at += block.bytes.length;
  }
  return joined;
}

function copyShifted(from: Int32Array, to: Int32Array, at: number, shift: number): void {
  for (let i = 0; i < from.length; i++) to[at + i] = (from[i] as number) + shift;
}

/** The index of the first record whose offset is at least `offset`; offsets ascend. */
export function firstAtOrAfter(records: RecordColumns, offset: number): number {
  let low = 0;
  let high = records.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records.offset[middle] as number) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Bytes of keys, values and headers. */
export function payloadBytes(records: RecordColumns): number {
  let sum = 0;
  for (let i = 0; i < records.count; i++) {
    sum +=
      Math.max(records.keyLength[i] as number, 0) + Math.max(records.valueLength[i] as number, 0) + (records.headersLength[i] as number);
  }
  return sum;
}
