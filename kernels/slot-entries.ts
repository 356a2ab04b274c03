import { createWindowRows, growMemory, WINDOW_ROWS_START } from './window-rows.ts';

/** Rows that are added at once: what is copied stays in the processor's nearest memory. */
const CHUNK = 4096;
/** What lies in the memory: the slots and the values of a chunk of rows, then the entries. */
const SLOTS = WINDOW_ROWS_START;
const VALUES = SLOTS + CHUNK * 4;
const ENTRIES = VALUES + CHUNK * 8;

/** Statistics of columns by slot, in a memory of their own. A slot has one entry of `stride` float64 numbers, of which each column takes four and the count of rows one. */
export class SlotEntries {
  readonly #kernel = createWindowRows(ENTRIES + 65_536);
  /** All numbers of the memory; another array after {@link reserve}. The entry of slot s begins at `first + s * stride`. */
  numbers = new Float64Array(this.#kernel.memory.buffer);
  readonly first = ENTRIES / 8;
  readonly stride: number;
  #slots = new Int32Array(this.#kernel.memory.buffer, SLOTS, CHUNK);
  #values = new Float64Array(this.#kernel.memory.buffer, VALUES, CHUNK);

  /** @param stride numbers of a slot's entry, an even number */
  constructor(stride: number) {
    this.stride = stride;
  }

  /** Makes room for the entries of `slots` slots. */
  reserve(slots: number): void {
    const { memory } = this.#kernel;
    if (!growMemory(memory, ENTRIES + slots * this.stride * 8)) return;
    this.numbers = new Float64Array(memory.buffer);
    this.#slots = new Int32Array(memory.buffer, SLOTS, CHUNK);
    this.#values = new Float64Array(memory.buffer, VALUES, CHUNK);
  }

  /**
   * Adds rows `from` to `to`, each to its slot (below 0: to none).
   *
   * @param columns values (NaN: none) and where in an entry their four numbers lie: how many values, sum, least, the greatest one's negative
   * @param rowCount where in an entry rows are counted; undefined: nowhere
   */
  add(
    slots: Int32Array,
    from: number,
    to: number,
    columns: readonly { readonly values: Float64Array; readonly at: number }[],
    rowCount: number | undefined,
  ): void {
    const { functions } = this.#kernel;
    const stride = this.stride * 8;
    for (let begin = from; begin < to; begin += CHUNK) {
      const end = Math.min(begin + CHUNK, to);
      this.#slots.set(slots.subarray(begin, end));
      for (const { values, at } of columns) {
        this.#values.set(values.subarray(begin, end));
        functions.addValues(SLOTS, VALUES, end - begin, ENTRIES + at * 8, stride);
      }
      if (rowCount !== undefined) functions.countRows(SLOTS, end - begin, ENTRIES + rowCount * 8, stride);
    }
  }
}
