import type { Data } from 'apache-arrow';
import type { Batch } from '../../../columnar/index.ts';
import { PackedMemory } from './packed-memory.ts';
import type { ColumnPlan, DictionaryPart, PackedColumn, PackedRows } from './packed-rows.ts';

/**
 * Puts the columns of batches together in one memory, `spare` if it suffices. Copied, since others may still read the batches; and without types, so that
 * a thread can encode them that knows nothing of Arrow.
 */
export function packRows(batches: readonly Batch[], plans: readonly ColumnPlan[], spare?: ArrayBuffer): PackedRows {
  const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0);
  const parts = plans.map((_, column) => batches.map((batch) => batch.data.children[column] as Data));
  const bytes = plans.reduce((sum, plan, column) => sum + columnBytes(plan, parts[column] as Data[], rows), 0);
  const memory = new PackedMemory(bytes, spare);
  const columns = plans.map((plan, column) => packColumn(plan, parts[column] as Data[], rows, memory));
  return { rows, bytes, memory: memory.buffer, columns };
}

/** Enough for the regions of a column, each rounded up. */
function columnBytes({ layout }: ColumnPlan, parts: readonly Data[], rows: number): number {
  const bits = PackedMemory.sizeOf(Math.ceil(rows / 8));
  if (layout === 'bits') return bits * 2;
  if (layout === 'words8') return bits + PackedMemory.sizeOf(rows * 8);
  const words = bits + PackedMemory.sizeOf(rows * 4 + 4);
  if (layout === 'words4') return words;
  if (layout === 'text') return words + PackedMemory.sizeOf(textBytes(parts));
  return words + dictionariesOf(parts).reduce((sum, [, data]) => sum + dictionaryBytes(data), 0);
}

const textBytes = (parts: readonly Data[]): number => parts.reduce((sum, part) => sum + bytesIn(part), 0);

function bytesIn(part: Data): number {
  const offsets = part.valueOffsets as Int32Array;
  return part.length === 0 ? 0 : (offsets[part.length] as number) - (offsets[0] as number);
}

const dictionaryBytes = (data: Data): number => PackedMemory.sizeOf((data.length + 1) * 4) + PackedMemory.sizeOf(bytesIn(data));

/** Where codes of another dictionary begin: row, and the dictionary. */
function dictionariesOf(parts: readonly Data[]): [number, Data][] {
  const found: [number, Data][] = [];
  let row = 0;
  for (const part of parts) {
    const dictionary = part.dictionary?.data[0] as Data | undefined;
    if (dictionary !== undefined && part.length > 0 && found.at(-1)?.[1] !== dictionary) found.push([row, dictionary]);
    row += part.length;
  }
  return found;
}

function packColumn({ layout }: ColumnPlan, parts: readonly Data[], rows: number, memory: PackedMemory): PackedColumn {
  const nullCount = parts.reduce((sum, part) => sum + part.nullCount, 0);
  const nulls = nullCount === 0 ? { nullCount } : { nullCount, validity: packValidity(parts, memory.take(Math.ceil(rows / 8))) };
  if (layout === 'text') return { ...nulls, ...packTexts(parts, rows, memory) };
  if (layout === 'bits') return { ...nulls, values: packBits(parts, memory.take(Math.ceil(rows / 8))) };
  const values = memory.take(rows * (layout === 'words8' ? 8 : 4));
  packWords(parts, values, layout === 'words8');
  return layout === 'codes' ? { ...nulls, values, dictionaries: packDictionaries(parts, memory) } : { ...nulls, values };
}

/** Words as they are; narrower integers become words. */
function packWords(parts: readonly Data[], values: Uint8Array, areWide: boolean): void {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length / 4);
  const perRow = areWide ? 2 : 1;
  let row = 0;
  for (const part of parts) {
    const from = part.values as Int32Array;
    if (from.BYTES_PER_ELEMENT >= 4) words.set(new Int32Array(from.buffer, from.byteOffset, part.length * perRow), row * perRow);
    else words.set(from.subarray(0, part.length), row);
    row += part.length;
  }
}

function packValidity(parts: readonly Data[], bits: Uint8Array): Uint8Array {
  let row = 0;
  for (const part of parts) {
    const isComplete = part.nullCount === 0 || part.nullBitmap.byteLength === 0;
    if (isComplete) setBits(bits, row, part.length);
    else copyBits(part.nullBitmap, part.offset, bits, row, part.length);
    row += part.length;
  }
  return bits;
}

function packBits(parts: readonly Data[], bits: Uint8Array): Uint8Array {
  let row = 0;
  for (const part of parts) {
    copyBits(part.values as Uint8Array, part.offset, bits, row, part.length);
    row += part.length;
  }
  return bits;
}

/** Bits from `to` on, which must be zero beyond it in its byte, become those of another map. Bits beyond the last become zero. */
function copyBits(from: Uint8Array, start: number, bits: Uint8Array, to: number, count: number): void {
  if (count === 0) return;
  const end = to + count;
  if ((start & 7) === 0 && (to & 7) === 0) bits.set(from.subarray(start >> 3, (start + count + 7) >> 3), to >> 3);
  else {
    for (let at = to; at < end; ) {
      const many = Math.min(8 - (at & 7), end - at);
      const source = start + at - to;
      const pair = (from[source >> 3] as number) | ((from[(source >> 3) + 1] ?? 0) << 8);
      const value = (pair >> (source & 7)) & ((1 << many) - 1);
      bits[at >> 3] = ((at & 7) === 0 ? 0 : (bits[at >> 3] as number)) | (value << (at & 7));
      at += many;
    }
  }
  if ((end & 7) !== 0) bits[end >> 3] = (bits[end >> 3] as number) & ((1 << (end & 7)) - 1);
}

const ONES = new Uint8Array(4096).fill(255);

function setBits(bits: Uint8Array, to: number, count: number): void {
  for (let done = 0; done < count; ) {
    const many = Math.min(ONES.length * 8 - 8, count - done);
    copyBits(ONES, 0, bits, to + done, many);
    done += many;
  }
}

function packTexts(parts: readonly Data[], rows: number, memory: PackedMemory): { values: Uint8Array; offsets: Int32Array } {
  const offsets = memory.takeWords(rows + 1);
  const values = memory.take(textBytes(parts));
  offsets[0] = 0;
  let row = 0;
  let at = 0;
  for (const part of parts) {
    if (part.length === 0) continue;
    const own = part.valueOffsets as Int32Array;
    const first = own[0] as number;
    values.set((part.values as Uint8Array).subarray(first, own[part.length]), at);
    const shift = at - first;
    for (let i = 1; i <= part.length; i++) offsets[row + i] = (own[i] as number) + shift;
    row += part.length;
    at = offsets[row] as number;
  }
  return { values, offsets };
}

function packDictionaries(parts: readonly Data[], memory: PackedMemory): DictionaryPart[] {
  return dictionariesOf(parts).map(([from, data]) => {
    const { values, offsets } = packTexts([data], data.length, memory);
    return { from, offsets, bytes: values };
  });
}
