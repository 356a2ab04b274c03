/** What one key has over time: a ring of (time, number) pairs, ascending by time, equal times in the order of insertion. */
export class KeyTimeline {
  #times = new Float64Array(8);
  #values = new Float64Array(8);
  #start = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The number of the entry at `index`, counted from the oldest. */
  value(index: number): number {
    return this.#values[this.#slot(index)] as number;
  }

  time(index: number): number {
    return this.#times[this.#slot(index)] as number;
  }

  /** Inserts after all entries that are not later; rows out of order cost a shift, rows in order nothing. */
  insert(time: number, value: number): void {
    if (this.#length === this.#times.length) this.#grow();
    let index = this.#length++;
    for (; index > 0 && this.time(index - 1) > time; index--) this.#put(index, this.time(index - 1), this.value(index - 1));
    this.#put(index, time, value);
  }

  /** Index of the first entry whose time is not before `time`; `length` when there is none. */
  firstFrom(time: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.time(middle) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  dropOldest(): void {
    this.#start = this.#slot(1);
    this.#length--;
  }

  #slot(index: number): number {
    return (this.#start + index) & (this.#times.length - 1);
  }

  #put(index: number, time: number, value: number): void {
    const slot = this.#slot(index);
    this.#times[slot] = time;
    this.#values[slot] = value;
  }

  #grow(): void {
    const length = this.#length;
    const times = new Float64Array(length * 2);
    const values = new Float64Array(length * 2);
    for (let index = 0; index < length; index++) {
      times[index] = this.time(index);
      values[index] = this.value(index);
    }
    this.#times = times;
    this.#values = values;
    this.#start = 0;
  }
}
