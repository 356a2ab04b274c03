import { type Data, type Utf8, Vector } from 'apache-arrow';
import { categoryData, Validity, ValidityBuilder } from '../../../columnar/index.ts';
import { stringsData } from './strings-data.ts';

/**
 * Dictionary-encodes a plain string column by hashing its bytes: no string is made. Entries stand in the order of first sight.
 * Open addressing, FNV-1a.
 */
export function dictionaryEncode(data: Data<Utf8>): Data {
  const bytes = data.values;
  const offsets = data.valueOffsets;
  const validity = Validity.of(data);
  const codes = new Int32Array(data.length);
  const nulls = new ValidityBuilder(data.length);
  const entries = new EntryTable(bytes, offsets);
  for (let row = 0; row < data.length; row++) {
    if (validity.isValid(row)) codes[row] = entries.codeOf(row);
    else nulls.setNull(row);
  }
  return categoryData(codes, new Vector([stringsData(bytes, offsets, entries.firstRows)]) as Vector<Utf8>, nulls);
}

class EntryTable {
  /** Per entry: the row that it was first seen in. */
  readonly firstRows: number[] = [];
  readonly #bytes: Uint8Array;
  readonly #offsets: Int32Array;
  /** Entry number + 1 per slot; 0 is free. */
  #slots = new Int32Array(1024);

  constructor(bytes: Uint8Array, offsets: Int32Array) {
    this.#bytes = bytes;
    this.#offsets = offsets;
  }

  codeOf(row: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#hash(row) & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) return this.#add(row, slot);
      if (this.#equal(this.firstRows[entry] as number, row)) return entry;
    }
  }

  #add(row: number, slot: number): number {
    const entry = this.firstRows.push(row) - 1;
    this.#slots[slot] = entry + 1;
    if (this.firstRows.length * 2 > this.#slots.length) this.#grow();
    return entry;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 4);
    const mask = this.#slots.length - 1;
    for (const [entry, row] of this.firstRows.entries()) {
      let slot = this.#hash(row) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = entry + 1;
    }
  }

  #hash(row: number): number {
    let hash = 0x811c9dc5;
    const end = this.#offsets[row + 1] as number;
    for (let at = this.#offsets[row] as number; at < end; at++) hash = Math.imul(hash ^ (this.#bytes[at] as number), 0x01000193);
    return (hash ^ (hash >>> 15)) >>> 0;
  }

  #equal(left: number, right: number): boolean {
    let at = this.#offsets[left] as number;
    let other = this.#offsets[right] as number;
    const end = this.#offsets[left + 1] as number;
    if (end - at !== (this.#offsets[right + 1] as number) - other) return false;
    while (at < end) if (this.#bytes[at++] !== this.#bytes[other++]) return false;
    return true;
  }
}
