import type { StateReader, StateWriter } from '../../streams/index.ts';
import type { Key } from '../keys/key-column-data.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { hashNumber } from '../keys/number-interner.ts';

/**
 * Remembers pairs of key and event time, oldest arrival first, within a fixed number of entries: a ring of entries, and a hash table of their places
 * (linear probing, deletion by shifting back). A pair of a numeric key lies in one place, so that a lookup touches little memory.
 */
export class SeenTable {
  readonly maxEntries: number;
  #capacity = 64;
  /** Key and time of each entry; NaN for keys that are no numbers. */
  #pairs = new Float64Array(128);
  /** Keys that are no numbers. */
  #others: (string | null)[] = [];
  #hashes = new Int32Array(64);
  /** 1 + place in the ring, 0 where free. */
  #slots = new Int32Array(256);
  #head = 0;
  #size = 0;

  constructor(maxEntries: number) {
    this.maxEntries = maxEntries;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Notes the pair; false when it was there. `hash` must be a function of the key alone. When full, the oldest arrival is forgotten. A key that is NaN counts as null.
   */
  add(key: Key, time: number, hash: number): boolean {
    if (typeof key === 'number' && !Number.isNaN(key)) return this.addNumber(key, time, hash);
    const other = typeof key === 'string' ? key : null;
    const mixed = hash ^ hashNumber(time);
    const mask = this.#slots.length - 1;
    for (let slot = mixed & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      const isOther = Number.isNaN(this.#pairs[2 * entry]);
      if (this.#pairs[2 * entry + 1] === time && isOther && (this.#others[entry] ?? null) === other) return false;
    }
    this.#others[this.#insert(Number.NaN, time, mixed)] = other;
    return true;
  }

  /** As {@link add}, for a number. */
  addNumber(key: number, time: number, hash: number): boolean {
    const mixed = hash ^ hashNumber(time);
    const mask = this.#slots.length - 1;
    for (let slot = mixed & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (this.#pairs[2 * entry] === key && this.#pairs[2 * entry + 1] === time) return false;
    }
    this.#insert(key, time, mixed);
    return true;
  }

  /** Forgets oldest arrivals for as long as their time lies before `horizon`. */
  expire(horizon: number): void {
    while (this.#size > 0 && (this.#pairs[2 * this.#head + 1] as number) < horizon) this.#forget();
  }

  #insert(key: number, time: number, mixed: number): number {
    if (this.#size === this.maxEntries) this.#forget();
    else if (this.#size === this.#capacity) this.#resize(Math.min(this.#capacity * 4, this.maxEntries));
    const entry = (this.#head + this.#size++) % this.#capacity;
    this.#pairs[2 * entry] = key;
    this.#pairs[2 * entry + 1] = time;
    this.#hashes[entry] = mixed;
    this.#index(entry);
    return entry;
  }

  #index(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[entry] as number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #forget(): void {
    const entry = this.#head;
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[entry] as number) & mask;
    while (this.#slots[slot] !== entry + 1) slot = (slot + 1) & mask;
    this.#shiftBack(slot, mask);
    if (Number.isNaN(this.#pairs[2 * entry])) this.#others[entry] = null;
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

  #resize(capacity: number): void {
    // Before anything was forgotten the ring is in order as it lies.
    const { pairs, hashes, others } =
      this.#head === 0 ? { pairs: this.#pairs, hashes: this.#hashes, others: this.#others } : this.#entries();
    this.#capacity = capacity;
    let slots = 256;
    while (slots < capacity * 2) slots *= 2;
    this.#slots = new Int32Array(slots);
    this.#pairs = new Float64Array(capacity * 2);
    this.#hashes = new Int32Array(capacity);
    this.#pairs.set(pairs);
    this.#hashes.set(hashes);
    this.#others = others;
    this.#head = 0;
    for (let entry = 0; entry < this.#size; entry++) this.#index(entry);
  }

  /** Entries by arrival. */
  #entries() {
    const pairs = new Float64Array(this.#size * 2);
    const hashes = new Int32Array(this.#size);
    const others: (string | null)[] = [];
    for (let i = 0; i < this.#size; i++) {
      const entry = (this.#head + i) % this.#capacity;
      pairs[2 * i] = this.#pairs[2 * entry] as number;
      pairs[2 * i + 1] = this.#pairs[2 * entry + 1] as number;
      hashes[i] = this.#hashes[entry] as number;
      if (Number.isNaN(pairs[2 * i])) others[i] = this.#others[entry] ?? null;
    }
    return { pairs, hashes, others };
  }

  write(out: StateWriter): void {
    const { pairs, hashes, others } = this.#entries();
    out.numbers(pairs.filter((_, i) => i % 2 === 1)).numbers(hashes);
    const keys = Array.from(hashes, (_, i): Key => (Number.isNaN(pairs[2 * i]) ? (others[i] ?? null) : (pairs[2 * i] as number)));
    KeyGroups.writeKeys(out, keys);
  }

  static read(maxEntries: number, input: StateReader): SeenTable {
    const table = new SeenTable(maxEntries);
    const times = input.float64s();
    const hashes = input.int32s();
    const keys = KeyGroups.readKeys(input);
    // After a change of maxEntries the newest entries stay.
    for (let i = Math.max(0, times.length - maxEntries); i < times.length; i++) {
      const key = keys[i] as Key;
      const entry = table.#insert(typeof key === 'number' ? key : Number.NaN, times[i] as number, hashes[i] as number);
      if (typeof key !== 'number') table.#others[entry] = key;
    }
    return table;
  }
}
