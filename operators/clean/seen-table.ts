import type { StateReader, StateWriter } from '../../streams/index.ts';
import type { Key } from '../keys/key-column-data.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { hashNumber } from '../keys/number-interner.ts';

/**
 * Remembers pairs of key and event time, oldest arrival first, within a fixed number of entries: a ring of entries, and a hash table of their places
 * (linear probing, deletion by shifting back).
 */
export class SeenTable {
  readonly maxEntries: number;
  #capacity = 64;
  #keys: Key[] = [];
  #times = new Float64Array(64);
  #hashes = new Int32Array(64);
  /** 1 + place in the ring, 0 where free; four times the capacity. */
  #slots = new Int32Array(256);
  #head = 0;
  #size = 0;

  constructor(maxEntries: number) {
    this.maxEntries = maxEntries;
  }

  get size(): number {
    return this.#size;
  }

  /** Notes the pair; false when it was there. `hash` must be a function of the key alone. When full, the oldest arrival is forgotten: true in `overflow`. */
  add(key: Key, time: number, hash: number): boolean {
    const mixed = hash ^ hashNumber(time);
    let mask = this.#slots.length - 1;
    let slot = mixed & mask;
    while (this.#slots[slot] !== 0) {
      const entry = (this.#slots[slot] as number) - 1;
      if (this.#hashes[entry] === mixed && this.#times[entry] === time && this.#keys[entry] === key) return false;
      slot = (slot + 1) & mask;
    }
    if (this.#size === this.maxEntries) this.#forget();
    else if (this.#size === this.#capacity) this.#grow();
    mask = this.#slots.length - 1;
    this.#put((this.#head + this.#size++) % this.#capacity, key, time, mixed);
    return true;
  }

  /** Forgets oldest arrivals for as long as their time lies before `horizon`. */
  expire(horizon: number): void {
    while (this.#size > 0 && (this.#times[this.#head] as number) < horizon) this.#forget();
  }

  #put(entry: number, key: Key, time: number, mixed: number): void {
    const mask = this.#slots.length - 1;
    let slot = mixed & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
    this.#keys[entry] = key;
    this.#times[entry] = time;
    this.#hashes[entry] = mixed;
  }

  #forget(): void {
    const entry = this.#head;
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[entry] as number) & mask;
    while (this.#slots[slot] !== entry + 1) slot = (slot + 1) & mask;
    this.#shiftBack(slot, mask);
    this.#keys[entry] = null;
    this.#head = (entry + 1) % this.#capacity;
    this.#size--;
  }

  /** Frees a slot and moves later entries of the run into the gap where their hash allows it. */
  #shiftBack(freed: number, mask: number): void {
    let gap = freed;
    let slot = freed;
    for (;;) {
      slot = (slot + 1) & mask;
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) break;
      const home = (this.#hashes[entry] as number) & mask;
      if (((slot - home) & mask) >= ((slot - gap) & mask)) {
        this.#slots[gap] = entry + 1;
        gap = slot;
      }
    }
    this.#slots[gap] = 0;
  }

  #grow(): void {
    const entries = this.#entries();
    this.#capacity = Math.min(this.#capacity * 2, this.maxEntries);
    this.#load(entries.keys, entries.times, entries.hashes);
  }

  #entries() {
    const keys: Key[] = [];
    const times = new Float64Array(this.#size);
    const hashes = new Int32Array(this.#size);
    for (let i = 0; i < this.#size; i++) {
      const entry = (this.#head + i) % this.#capacity;
      keys.push(this.#keys[entry] as Key);
      times[i] = this.#times[entry] as number;
      hashes[i] = this.#hashes[entry] as number;
    }
    return { keys, times, hashes };
  }

  #load(keys: readonly Key[], times: Float64Array, hashes: Int32Array): void {
    let slots = 256;
    while (slots < this.#capacity * 2) slots *= 2;
    this.#slots = new Int32Array(slots);
    this.#times = new Float64Array(this.#capacity);
    this.#hashes = new Int32Array(this.#capacity);
    this.#keys = [];
    this.#head = 0;
    this.#size = keys.length;
    for (let i = 0; i < keys.length; i++) this.#put(i, keys[i] as Key, times[i] as number, hashes[i] as number);
  }

  write(out: StateWriter): void {
    const { keys, times, hashes } = this.#entries();
    out.numbers(times).numbers(hashes);
    KeyGroups.writeKeys(out, keys);
  }

  static read(maxEntries: number, input: StateReader): SeenTable {
    const table = new SeenTable(maxEntries);
    const times = input.float64s();
    const hashes = input.int32s();
    const keys = KeyGroups.readKeys(input);
    // After a change of maxEntries the newest entries stay.
    const from = Math.max(0, times.length - maxEntries);
    while (table.#capacity < times.length - from) table.#capacity = Math.min(table.#capacity * 2, maxEntries);
    table.#load(keys.slice(from), times.subarray(from), hashes.subarray(from));
    return table;
  }
}
