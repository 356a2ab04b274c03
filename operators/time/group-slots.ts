import type { SlotTables } from '../../kernels/index.ts';
import { IntStack } from './int-stack.ts';
import type { Slots } from './slots.ts';

/** Groups up to which a slot is looked up by group in any case: the table is small. */
const FEW_GROUPS = 4096;

/** A table by group is kept while at least one of so many groups has a slot. */
const SPARSE = 8;

/**
 * The slots of those groups of a stretch of time that have rows in it, in order of first sight. They are looked up in a table by group, the fastest way, as long as groups are few or
 * many of them have a slot; else in a hash table, so that memory follows the groups with rows and not all that the stream has ever seen.
 */
export class GroupSlots {
  readonly #tables: SlotTables;
  /** The table by group; absent in the sparse form. */
  #table: { readonly at: number; readonly size: number } | undefined = { at: 0, size: 0 };
  /** Sparse form: 1 + member, by hash of the group. */
  #places = new Int32Array(0);
  readonly #groups = new IntStack();
  readonly #slots = new IntStack();
  readonly #mayBeSparse: boolean;
  #known = 0;

  /** @param mayBeSparse false: looked up in a table in any case, for one that is used over and over */
  constructor(tables: SlotTables, mayBeSparse = true) {
    this.#tables = tables;
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

  /** True in the form that has a hash table. */
  get sparse(): boolean {
    return this.#table === undefined;
  }

  /** Takes all slots from the groups. */
  clear(): void {
    const { groups } = this;
    const { numbers } = this.#tables;
    if (this.#table === undefined) this.#places = new Int32Array(64);
    else for (let member = 0; member < groups.length; member++) numbers[this.#table.at + (groups[member] as number)] = 0;
    this.#groups.size = 0;
    this.#slots.size = 0;
  }

  /** Gives its table back: it is not to be used any more. */
  release(): void {
    if (this.#table !== undefined) this.#tables.release(this.#table.at, this.#table.size);
    this.#table = undefined;
  }

  /** Makes room for groups below `groups`; call it before {@link find} and {@link add}. */
  reserve(groups: number): void {
    this.#known = groups;
    if (this.#table === undefined || groups <= this.#table.size) return;
    if (this.#mayBeSparse && groups > FEW_GROUPS && this.size * SPARSE < groups) this.#makeSparse(64);
    // Groups come one by one, so that there is room for some more.
    else this.#makeDense(groups + (groups >> 2));
  }

  /** The slot of a group, or -1. */
  find(group: number): number {
    if (this.#table !== undefined) return (this.#tables.numbers[this.#table.at + group] as number) - 1;
    const member = (this.#places[this.#placeOf(group)] as number) - 1;
    return member < 0 ? -1 : this.#slots.at(member);
  }

  /** Adds a group that has no slot yet. */
  add(group: number, slot: number): void {
    this.#groups.push(group);
    this.#slots.push(slot);
    if (this.#table !== undefined) this.#tables.numbers[this.#table.at + group] = slot + 1;
    else if (this.size * 2 <= this.#places.length) this.#places[this.#placeOf(group)] = this.size;
    else if (this.size * SPARSE >= this.#known) this.#makeDense(this.#known);
    else this.#makeSparse(this.#places.length * 2);
  }

  /** The slot of a group, which is taken from `slots` where it has none. */
  findOrAdd(group: number, slots: Slots): number {
    const known = this.find(group);
    if (known >= 0) return known;
    const slot = slots.take();
    this.add(group, slot);
    return slot;
  }

  /** Gives rows `from` to `to` of the tables the slots of their groups, and groups that have none one of `slots`. */
  assign(from: number, to: number, slots: Slots): void {
    const tables = this.#tables;
    if (this.#table === undefined) {
      for (let row = from; row < to; row++) tables.setSlot(row, this.findOrAdd(tables.groupOf(row), slots));
      return;
    }
    const { at } = this.#table;
    slots.takeSome(Math.min(to - from, this.#known - this.size), tables.newSlots, (free, used) => {
      const count = tables.assign(from, to, at, free, used);
      this.#groups.pushAll(tables.newGroups.subarray(0, count));
      this.#slots.pushAll(tables.newSlots.subarray(0, count));
      return count;
    });
  }

  #makeDense(groups: number): void {
    this.release();
    const at = this.#tables.allot(groups);
    this.#table = { at, size: groups };
    this.#places = new Int32Array(0);
    const { groups: members, slots } = this;
    const { numbers } = this.#tables;
    for (let member = 0; member < members.length; member++) numbers[at + (members[member] as number)] = (slots[member] as number) + 1;
  }

  #makeSparse(places: number): void {
    this.release();
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
