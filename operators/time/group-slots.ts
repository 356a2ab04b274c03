import { IntStack } from './int-stack.ts';

/** Groups up to which a slot is looked up by group in any case: the array is small. */
const FEW_GROUPS = 4096;

/** An array by group is kept while at least one of so many groups has a slot. */
const SPARSE = 8;

/**
 * The slots of those groups of a stretch of time that have rows in it, in order of first sight. They are looked up in an array by group, the fastest way, as long as groups are few or
 * many of them have a slot; else in a hash table, so that memory follows the groups with rows and not all that the stream has ever seen.
 */
export class GroupSlots {
  /** 1 + slot, by group; 0 where the group has none. Absent in the sparse form. Loops read it directly. */
  dense: Int32Array | undefined = new Int32Array(0);
  /** Sparse form: 1 + member, by hash of the group. */
  #places = new Int32Array(0);
  readonly #groups = new IntStack();
  readonly #slots = new IntStack();
  readonly #mayBeSparse: boolean;
  #known = 0;

  /** @param mayBeSparse false: looked up in an array in any case, for one that is used over and over */
  constructor(mayBeSparse = true) {
    this.#mayBeSparse = mayBeSparse;
  }

  /** How many groups have a slot. */
  get size(): number {
    return this.#slots.size;
  }

  /** The groups that have a slot. */
  get groups(): Int32Array {
    return this.#groups.values;
  }

  /** Their slots. */
  get slots(): Int32Array {
    return this.#slots.values;
  }

  /** Takes all slots from the groups. */
  clear(): void {
    const { dense, groups } = this;
    if (dense === undefined) this.#places = new Int32Array(64);
    else for (let member = 0; member < groups.length; member++) dense[groups[member] as number] = 0;
    this.#groups.size = 0;
    this.#slots.size = 0;
  }

  /** Makes room for groups below `groups`; call it before {@link find} and {@link add}. */
  reserve(groups: number): void {
    this.#known = groups;
    if (this.dense === undefined || groups <= this.dense.length) return;
    if (this.#mayBeSparse && groups > FEW_GROUPS && this.size * SPARSE < groups) this.#makeSparse(64);
    // Groups come one by one, so that there is room for some more.
    else this.#makeDense(groups + (groups >> 2));
  }

  /** The slot of a group, or -1. */
  find(group: number): number {
    if (this.dense !== undefined) return (this.dense[group] as number) - 1;
    const member = (this.#places[this.#placeOf(group)] as number) - 1;
    return member < 0 ? -1 : this.#slots.at(member);
  }

  /** Adds a group that has no slot yet. */
  add(group: number, slot: number): void {
    this.#groups.push(group);
    this.#slots.push(slot);
    if (this.dense !== undefined) this.dense[group] = slot + 1;
    else if (this.size * 2 <= this.#places.length) this.#places[this.#placeOf(group)] = this.size;
    else if (this.size * SPARSE >= this.#known) this.#makeDense(this.#known);
    else this.#makeSparse(this.#places.length * 2);
  }

  #makeDense(groups: number): void {
    this.dense = new Int32Array(groups);
    this.#places = new Int32Array(0);
    const { groups: members, slots } = this;
    for (let member = 0; member < members.length; member++) this.dense[members[member] as number] = (slots[member] as number) + 1;
  }

  #makeSparse(places: number): void {
    this.dense = undefined;
    let room = places;
    while (room < this.size * 4) room *= 2;
    this.#places = new Int32Array(room);
    for (let member = 0; member < this.size; member++) this.#places[this.#placeOf(this.#groups.at(member))] = member + 1;
  }

  /** Where a group is, or would be put. */
  #placeOf(group: number): number {
    const mask = this.#places.length - 1;
    // Fibonacci hashing: groups are dense numbers, whose low bits alone would cluster.
    let place = (Math.imul(group, 0x9e3779b1) >>> 7) & mask;
    for (;;) {
      const member = (this.#places[place] as number) - 1;
      if (member < 0 || this.#groups.at(member) === group) return place;
      place = (place + 1) & mask;
    }
  }
}
