import { growMemory } from './grow-memory.ts';
import { createWindowRows, WINDOW_ROWS_START } from './window-rows.ts';

/** Numbers of the smallest table. */
const LEAST = 64;

/** Tables from groups to slots, and the groups and slots of a batch's rows, in a memory of their own. */
export class SlotTables {
  readonly #kernel = createWindowRows(WINDOW_ROWS_START);
  /** Tables that are free, by size; sizes are powers of two. */
  readonly #free = new Map<number, number[]>();
  #end = WINDOW_ROWS_START / 4;
  #rows = { at: 0, room: 0 };
  /** All numbers of the memory; another array after {@link allot}. A table's entry for a group is 1 + slot, or 0. */
  numbers = new Int32Array(this.#kernel.memory.buffer);

  /** Makes room for the rows of a batch; what was there is lost. */
  reserveRows(rows: number): void {
    if (rows <= this.#rows.room) return;
    this.release(this.#rows.at, this.#rows.room * 4);
    // Groups, slots, new slots, new groups.
    const size = sizeOf(rows * 4);
    this.#rows = { at: this.allot(size), room: size / 4 };
  }

  #part(part: number): Int32Array<ArrayBuffer> {
    const { at, room } = this.#rows;
    return this.numbers.subarray(at + part * room, at + (part + 1) * room);
  }

  /** The groups of the rows, to be written there. Not to be held: see {@link numbers}. */
  get groups(): Int32Array<ArrayBuffer> {
    return this.#part(0);
  }

  /** The slots of the rows. Not to be held. */
  get slots(): Int32Array {
    return this.#part(1);
  }

  /** The group of a row. */
  groupOf(row: number): number {
    return this.numbers[this.#rows.at + row] as number;
  }

  /** Gives a row a slot, or -1 for none. */
  setSlot(row: number, slot: number): void {
    this.numbers[this.#rows.at + this.#rows.room + row] = slot;
  }

  /** Slots that {@link assign} may take; afterwards those that it has taken. Not to be held. */
  get newSlots(): Int32Array {
    return this.#part(2);
  }

  /** The groups to which {@link assign} has given slots. Not to be held. */
  get newGroups(): Int32Array {
    return this.#part(3);
  }

  /** A table of at least `size` zeros; returns where it begins. */
  allot(size: number): number {
    const wanted = sizeOf(size);
    const known = this.#free.get(wanted)?.pop();
    const at = known ?? this.#end;
    if (known !== undefined) this.numbers.fill(0, at, at + wanted);
    else {
      this.#end += wanted;
      if (growMemory(this.#kernel.memory, this.#end * 4)) this.numbers = new Int32Array(this.#kernel.memory.buffer);
    }
    return at;
  }

  /** Gives a table back. */
  release(at: number, size: number): void {
    if (size === 0) return;
    const tables = this.#free.get(sizeOf(size)) ?? [];
    this.#free.set(sizeOf(size), tables);
    tables.push(at);
  }

  /**
   * Gives every row of `from` to `to` the slot of its group by the table at `table`. Groups without one get those in {@link newSlots} first, of which there are `free`, then `used`, `used + 1`, ...
   *
   * @returns how many groups have got one
   */
  assign(from: number, to: number, table: number, free: number, used: number): number {
    const { at, room } = this.#rows;
    const [groups, slots, newSlots, newGroups] = [at * 4, (at + room) * 4, (at + 2 * room) * 4, (at + 3 * room) * 4];
    return this.#kernel.functions.assignSlots(groups, slots, from, to, table * 4, newSlots, free, used, newGroups);
  }
}

function sizeOf(numbers: number): number {
  let size = LEAST;
  while (size < numbers) size *= 2;
  return size;
}
