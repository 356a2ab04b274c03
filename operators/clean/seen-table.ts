import type { StateReader, StateWriter } from '../../streams/index.ts';
import type { Key } from '../keys/key-column-data.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { hashNumber } from '../keys/number-interner.ts';

/** Most rows that {@link SeenTable.warm} takes at once: what they touch fits in the nearest caches. */
export const WARM_ROWS = 256;

/** Hash of a pair: of the key's hash, and its time. */
export const pairHash = (hash: number, time: number): number => hash ^ hashNumber(time);

/**
 * Remembers pairs of key and event time, oldest arrival first, within a fixed number of entries: a ring of entries, and a hash table of their places
 * (linear probing, deletion by shifting back). A slot holds 1 + place in its lower bits and the upper bits of the hash above them, 0 where free: a pair is looked at only where these
 * bits agree, so that a lookup waits for two places in memory.
 */
export class SeenTable {
  readonly maxEntries: number;
  #capacity = 64;
  /** Key and time of each entry; NaN for keys that are no numbers. */
  #pairs = new Float64Array(128);
  /** Keys that are no numbers. */
  #others: (string | null)[] = [];
  #hashes = new Int32Array(64);
  #slots = new Int32Array(256);
  /** The bits of a slot that hold 1 + place. */
  #placeBits = placeBitsOf(64);
  #head = 0;
  #size = 0;
  readonly #near = new Int32Array(WARM_ROWS);

  constructor(maxEntries: number) {
    this.maxEntries = maxEntries;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Notes the pair; false when it was there. `mixed`: its {@link pairHash}, from a hash that is a function of the key alone. When full, the oldest arrival is forgotten. A key that
   * is NaN counts as null.
   */
  add(key: Key, time: number, mixed: number): boolean {
    if (typeof key === 'number' && !Number.isNaN(key)) return this.addNumber(key, time, mixed);
    const other = typeof key === 'string' ? key : null;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = mixed & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const content = slots[slot] as number;
      if (((content ^ mixed) & ~this.#placeBits) !== 0) continue;
      const entry = (content & this.#placeBits) - 1;
      const isOther = Number.isNaN(this.#pairs[2 * entry]);
      if (this.#pairs[2 * entry + 1] === time && isOther && (this.#others[entry] ?? null) === other) return false;
    }
    this.#others[this.#insert(Number.NaN, time, mixed, slot)] = other;
    return true;
  }

  /** As {@link add}, for a number. */
  addNumber(key: number, time: number, mixed: number): boolean {
    const slots = this.#slots;
    const pairs = this.#pairs;
    const placeBits = this.#placeBits;
    const mask = slots.length - 1;
    let slot = mixed & mask;
    for (;;) {
      const content = slots[slot] as number;
      if (content === 0) break;
      if (((content ^ mixed) & ~placeBits) === 0) {
        const at = 2 * ((content & placeBits) - 1);
        if (pairs[at] === key && pairs[at + 1] === time) return false;
      }
      slot = (slot + 1) & mask;
    }
    this.#insert(key, time, mixed, slot);
    return true;
  }

  /**
   * Brings what {@link add} will touch for keys of these hashes into the caches: lookups wait for memory one after the other, while these loads go side by side.
   *
   * @param hashes at most WARM_ROWS, as {@link pairHash} makes them
   */
  warm(hashes: Int32Array): void {
    const near = this.#near;
    const slots = this.#slots;
    const pairs = this.#pairs;
    const mask = slots.length - 1;
    for (let i = 0; i < hashes.length; i++) near[i] = slots[(hashes[i] as number) & mask] as number;
    let touched = 0;
    for (let i = 0; i < hashes.length; i++) touched += pairs[Math.max(0, 2 * ((near[i] as number) & this.#placeBits) - 2)] as number;
    // Stored, so that no engine leaves the loads out.
    near[0] = touched;
  }

  /** Forgets oldest arrivals for as long as their time lies before `horizon`. */
  expire(horizon: number): void {
    while (this.#size > 0 && (this.#pairs[2 * this.#head + 1] as number) < horizon) this.#forget();
  }

  /** `free`: the slot where looking for the pair has ended. */
  #insert(key: number, time: number, mixed: number, free?: number): number {
    let slot = free;
    if (this.#size === this.maxEntries) {
      this.#forget();
      slot = undefined;
    } else if (this.#size === this.#capacity) {
      this.#resize(Math.min(this.#capacity * 4, this.maxEntries));
      slot = undefined;
    }
    const place = this.#head + this.#size++;
    const entry = place < this.#capacity ? place : place - this.#capacity;
    this.#pairs[2 * entry] = key;
    this.#pairs[2 * entry + 1] = time;
    this.#hashes[entry] = mixed;
    this.#slots[slot ?? this.#freeSlot(mixed)] = (mixed & ~this.#placeBits) | (entry + 1);
    return entry;
  }

  #freeSlot(mixed: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = mixed & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    return slot;
  }

  #forget(): void {
    const entry = this.#head;
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[entry] as number) & mask;
    while (((this.#slots[slot] as number) & this.#placeBits) !== entry + 1) slot = (slot + 1) & mask;
    this.#shiftBack(slot, mask);
    if (Number.isNaN(this.#pairs[2 * entry])) this.#others[entry] = null;
    this.#head = entry + 1 === this.#capacity ? 0 : entry + 1;
    this.#size--;
  }

  /** Frees a slot and moves later entries of the run into the gap where their hash allows it. */
  #shiftBack(freed: number, mask: number): void {
    let gap = freed;
    let slot = freed;
    for (;;) {
      slot = (slot + 1) & mask;
      const content = this.#slots[slot] as number;
      if (content === 0) break;
      const home = (this.#hashes[(content & this.#placeBits) - 1] as number) & mask;
      if (((slot - home) & mask) >= ((slot - gap) & mask)) {
        this.#slots[gap] = content;
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
    this.#placeBits = placeBitsOf(capacity);
    this.#pairs = new Float64Array(capacity * 2);
    this.#hashes = new Int32Array(capacity);
    this.#pairs.set(pairs);
    this.#hashes.set(hashes);
    this.#others = others;
    this.#head = 0;
    for (let entry = 0; entry < this.#size; entry++) {
      const mixed = hashes[entry] as number;
      this.#slots[this.#freeSlot(mixed)] = (mixed & ~this.#placeBits) | (entry + 1);
    }
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

/** All bits that 1 + place of so many places needs. */
const placeBitsOf = (capacity: number): number => 0xffffffff >>> Math.clz32(capacity);
