/** A binary min-heap. `before` must be a strict order, so that what comes out does not depend on what went in when. */
export class Heap<V> {
  readonly #before: (a: V, b: V) => boolean;
  readonly #values: V[] = [];

  constructor(before: (a: V, b: V) => boolean) {
    this.#before = before;
  }

  /** The least value; undefined when empty. */
  get first(): V | undefined {
    return this.#values[0];
  }

  /** All values, in no particular order. */
  get values(): readonly V[] {
    return this.#values;
  }

  push(value: V): void {
    const values = this.#values;
    let at = values.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(value, values[parent] as V)) break;
      values[at] = values[parent] as V;
      at = parent;
    }
    values[at] = value;
  }

  /** Takes the least value out. */
  pop(): V | undefined {
    const values = this.#values;
    const first = values[0];
    const moved = values.pop();
    if (moved === undefined || values.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= values.length) break;
      if (child + 1 < values.length && this.#before(values[child + 1] as V, values[child] as V)) child++;
      if (!this.#before(values[child] as V, moved)) break;
      values[at] = values[child] as V;
      at = child;
    }
    values[at] = moved;
    return first;
  }
}
