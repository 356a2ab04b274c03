import { growMemory } from './grow-memory.ts';
import { createWindowRows, WINDOW_ROWS_START } from './window-rows.ts';

/** Rows that are added at once: what is copied stays in the processor's nearest memory. */
const CHUNK = 4096;

/** Statistics of columns by slot, in a memory of their own. A slot has one entry of as many float64 numbers, of which each column takes four and the count of rows one. */
export class SlotEntries {
  /** All numbers of the memory; another array after {@link reserve}. The entry of slot s begins at `first + s * stride`. */
  numbers: Float64Array;
  readonly first: number;
  readonly stride: number;
  readonly #kernel: ReturnType<typeof createWindowRows>;
  /** What lies in the memory, as bytes: slots and values of a chunk of rows, an empty entry, the entries of slots. */
  readonly #places: { readonly slots: number; readonly values: number; readonly empty: number; readonly entries: number };
  #slots: Int32Array;
  #values: Float64Array;
  #room = 0;

  /** @param empty numbers of the entry of a slot to which nothing was added, an even number of them */
  constructor(empty: Float64Array) {
    const values = WINDOW_ROWS_START + CHUNK * 4;
    const entry = values + CHUNK * 8;
    const entries = entry + empty.byteLength;
    this.#places = { slots: WINDOW_ROWS_START, values, empty: entry, entries };
    this.stride = empty.length;
    this.first = entries / 8;
    this.#kernel = createWindowRows(entries + 65_536);
    ({ numbers: this.numbers, slots: this.#slots, values: this.#values } = this.#views());
    this.numbers.set(empty, entry / 8);
  }

  #views() {
    const { buffer } = this.#kernel.memory;
    const { slots, values } = this.#places;
    return {
      numbers: new Float64Array(buffer),
      slots: new Int32Array(buffer, slots, CHUNK),
      values: new Float64Array(buffer, values, CHUNK),
    };
  }

  /** Makes room for the entries of `slots` slots; new ones are empty. */
  reserve(slots: number): void {
    const { empty, entries } = this.#places;
    if (growMemory(this.#kernel.memory, entries + slots * this.stride * 8))
      ({ numbers: this.numbers, slots: this.#slots, values: this.#values } = this.#views());
    for (let slot = this.#room; slot < slots; slot++)
      this.numbers.copyWithin(this.first + slot * this.stride, empty / 8, empty / 8 + this.stride);
    this.#room = Math.max(this.#room, slots);
  }

  /** Makes entries empty again. */
  clear(slots: Int32Array): void {
    const { slots: at, empty, entries } = this.#places;
    for (let begin = 0; begin < slots.length; begin += CHUNK) {
      const part = slots.subarray(begin, begin + CHUNK);
      this.#slots.set(part);
      this.#kernel.functions.setEntries(at, part.length, empty, entries, this.stride * 8);
    }
  }

  /**
   * Adds rows `from` to `to`, each to its slot (below 0: to none).
   *
   * @param columns values (NaN: none) and where in an entry their four numbers lie: how many values, sum, least, the greatest one's negative
   * @param rest where in an entry the rows are counted that have no value of the first column, all rows where there are no columns; undefined: nowhere
   */
  add(
    slots: Int32Array,
    from: number,
    to: number,
    columns: readonly { readonly values: Float64Array; readonly at: number }[],
    rest: number | undefined,
  ): void {
    const { functions } = this.#kernel;
    const places = this.#places;
    const stride = this.stride * 8;
    for (let begin = from; begin < to; begin += CHUNK) {
      const end = Math.min(begin + CHUNK, to);
      this.#slots.set(slots.subarray(begin, end));
      for (const [index, { values, at }] of columns.entries()) {
        const missing = index === 0 && rest !== undefined ? rest - at : 0;
        this.#values.set(values.subarray(begin, end));
        functions.addValues(places.slots, places.values, end - begin, places.entries + at * 8, stride, missing * 8);
      }
      if (rest !== undefined && columns.length === 0) functions.countRows(places.slots, end - begin, places.entries + rest * 8, stride);
    }
  }
}
