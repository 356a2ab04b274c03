import type { StateReader, StateWriter, StreamBatch } from '../../streams/index.ts';
import type { Key } from './key-column-data.ts';
import { KeyGroups } from './key-groups.ts';

/** What lies in arrays by group, and has to follow when groups are forgotten. */
export interface GroupedState {
  /** Only these groups stay, ascending; the first becomes group 0, and so on. What lies beyond is as it was at first. */
  keepGroups(kept: Int32Array): void;
}

/** Groups beyond which forgotten ones are looked for, unless the last look says more. */
const FIRST_LOOK = 1024;
/** Stands in place of the kind of key in bytes that go on with the times at which keys were seen. */
const WITH_TIMES = 'seen';

/**
 * The keys of a stream as {@link KeyGroups} numbers them, of which those are forgotten that were not seen for `ttl` of event time: a row whose key was last seen when the watermark
 * stood more than `ttl` lower gets a new group, as if the key had never been there. That depends on rows alone. When the memory of old groups is freed does not, and shows nowhere:
 * groups keep their order, and only living ones are written. Rows without a key are never forgotten, nor is anything where there is no event time.
 */
export class LivingKeys {
  readonly #column: string | undefined;
  readonly #ttl: number | undefined;
  readonly #states = new Set<GroupedState>();
  /** All keys since the last look; `codes` are their groups in there. */
  #keys: KeyGroups;
  #groupOfCode: Int32Array = new Int32Array(0);
  #codeOfGroup: Int32Array = new Int32Array(16);
  /** Watermark of the last row of each group; NaN where the state that was read did not tell it. */
  #seen: Float64Array = new Float64Array(16);
  #size = 1;
  #watermark = Number.NEGATIVE_INFINITY;
  #look = FIRST_LOOK;
  /** Whether keys were read of which it is not told when they were seen. */
  #untold = false;

  /** @param ttl in ms of event time; absent: nothing is forgotten */
  constructor(column: string | undefined, ttl?: number, keys = new KeyGroups(column)) {
    this.#column = column;
    this.#ttl = ttl;
    this.#keys = keys;
    if (ttl === undefined) return;
    this.#untold = keys.size > 1;
    this.#seen = new Float64Array(Math.max(keys.size, 16)).fill(Number.NaN);
    this.#begin();
  }

  /** Has `state` follow when groups are forgotten. */
  manage(state: GroupedState): void {
    this.#states.add(state);
  }

  /** How many groups there are, group 0 included. */
  get size(): number {
    return this.#ttl === undefined ? this.#keys.size : this.#size;
  }

  /** Type of the key column; see {@link KeyGroups.kind}. */
  get kind(): string {
    return this.#keys.kind;
  }

  /** The key of a group; null for group 0. */
  keyOf(group: number): Key {
    return this.#keys.keyOf(this.#ttl === undefined ? group : (this.#codeOfGroup[group] as number));
  }

  /** The group of every row. Memory by group is to be reserved after this. */
  groupsOf({ batch, watermark }: StreamBatch): Int32Array {
    if (this.#ttl === undefined) return this.#keys.groupsOf(batch);
    if (this.#size > this.#look) this.#forget();
    const groups = this.#keys.groupsOf(batch);
    this.#reserve(this.#keys.size, this.#size + groups.length);
    if (this.#untold && groups.length > 0) this.#tell(watermark[0] as number);
    for (let row = 0; row < groups.length; row++) {
      const code = groups[row] as number;
      const now = watermark[row] as number;
      if (code !== 0) groups[row] = this.#see(code, now, this.#ttl);
      this.#watermark = now;
    }
    return groups;
  }

  #tell(now: number): void {
    this.#untold = false;
    for (let group = 1; group < this.#size; group++) if (Number.isNaN(this.#seen[group])) this.#seen[group] = now;
  }

  #see(code: number, now: number, ttl: number): number {
    let group = this.#groupOfCode[code] as number;
    if (group === 0 || now - (this.#seen[group] as number) > ttl) {
      group = this.#size++;
      this.#groupOfCode[code] = group;
      this.#codeOfGroup[group] = code;
    }
    // Before the first watermark nothing can be too old.
    this.#seen[group] = now === Number.NEGATIVE_INFINITY ? Number.NaN : now;
    return group;
  }

  #reserve(codes: number, groups: number): void {
    this.#groupOfCode = grown(this.#groupOfCode, codes, (length) => new Int32Array(length));
    this.#codeOfGroup = grown(this.#codeOfGroup, groups, (length) => new Int32Array(length));
    this.#seen = grown(this.#seen, groups, (length) => new Float64Array(length));
  }

  /** The groups that are not forgotten as of the last row, ascending, group 0 first. */
  living(): Int32Array {
    const living = new Int32Array(this.size);
    let count = 1;
    for (let group = 1; group < living.length; group++)
      if (this.#ttl === undefined || this.#lives(group, this.#ttl)) living[count++] = group;
    return living.subarray(0, count);
  }

  #lives(group: number, ttl: number): boolean {
    // A key that came again has another group by now.
    const current = this.#groupOfCode[this.#codeOfGroup[group] as number] === group;
    return current && !(this.#watermark - (this.#seen[group] as number) > ttl);
  }

  /** Frees what belongs to keys that are forgotten. */
  #forget(): void {
    const kept = this.living();
    this.#look = Math.max(FIRST_LOOK, 2 * kept.length);
    if (kept.length === this.#size && kept.length === this.#keys.size) return;
    this.#keep(kept);
  }

  #keep(kept: Int32Array): void {
    const keys = new KeyGroups(this.#column, this.#keys.kind);
    for (const group of kept.subarray(1)) keys.add(this.keyOf(group));
    this.#seen = Float64Array.from(kept, (group) => this.#seen[group] as number);
    this.#keys = keys;
    this.#begin();
    for (const state of this.#states) state.keepGroups(kept);
  }

  /** Every key is its own group. */
  #begin(): void {
    const size = this.#keys.size;
    this.#size = size;
    this.#groupOfCode = Int32Array.from({ length: size }, (_, code) => code);
    this.#codeOfGroup = this.#groupOfCode.slice();
  }

  /** Writes the living keys; what lies by group is to be written after this. */
  write(out: StateWriter): void {
    if (this.#ttl === undefined) {
      this.#keys.write(out);
      return;
    }
    this.#forget();
    out.string(WITH_TIMES);
    this.#keys.write(out);
    out.numbers(this.#seen, this.#size);
  }

  /** Reads what {@link write} wrote, with or without a ttl. Keys of which it is not told when they were seen count from the next row on. */
  static read(column: string | undefined, ttl: number | undefined, input: StateReader): LivingKeys {
    const kind = input.string();
    if (kind !== WITH_TIMES) return new LivingKeys(column, ttl, KeyGroups.read(column, input, kind));
    const living = new LivingKeys(column, ttl, KeyGroups.read(column, input));
    living.#seen = input.float64s();
    living.#untold = false;
    return living;
  }
}

function grown<A extends Int32Array | Float64Array>(array: A, length: number, make: (length: number) => NoInfer<A>): A {
  if (length <= array.length) return array;
  const larger = make(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}
