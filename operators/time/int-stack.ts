/** A stack of 32-bit integers over a typed array, grown by doubling. */
export class IntStack {
  #values = new Int32Array(64);
  size = 0;

  /** The integers, the first one pushed first; valid until the next push. */
  get values(): Int32Array {
    return this.#values.subarray(0, this.size);
  }

  /** The integer at a place below {@link size}. */
  at(place: number): number {
    return this.#values[place] as number;
  }

  push(value: number): void {
    if (this.size === this.#values.length) this.#grow(this.size + 1);
    this.#values[this.size++] = value;
  }

  pushAll(values: Int32Array): void {
    if (this.size + values.length > this.#values.length) this.#grow(this.size + values.length);
    this.#values.set(values, this.size);
    this.size += values.length;
  }

  /** The last integer; there must be one. */
  pop(): number {
    return this.#values[--this.size] as number;
  }

  #grow(room: number): void {
    const grown = new Int32Array(Math.max(room, 2 * this.#values.length));
    grown.set(this.#values);
    this.#values = grown;
  }
}
