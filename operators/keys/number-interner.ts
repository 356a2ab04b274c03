/**
 * Gives each distinct number a dense code, 0, 1, 2, ... in the order of first sight: open addressing over typed arrays, because a Map of a million
 * numbers costs several times as much. All NaN are one number, and so are 0 and -0.
 */
export class NumberInterner {
  #numbers = new Float64Array(16);
  #slots = new Int32Array(64);
  #size = 0;

  constructor(numbers: Float64Array = new Float64Array(0)) {
    for (const number of numbers) this.intern(number);
  }

  get size(): number {
    return this.#size;
  }

  /** The number of a code. */
  numberOf(code: number): number {
    return this.#numbers[code] as number;
  }

  /** All numbers, by code. */
  numbers(): Float64Array {
    return this.#numbers.subarray(0, this.#size);
  }

  /** The code of a number, new or known. */
  intern(number: number): number {
    const slot = this.#slotOf(number);
    const code = (this.#slots[slot] as number) - 1;
    return code < 0 ? this.#add(number, slot) : code;
  }

  /** The code of a known number, or -1. */
  find(number: number): number {
    return (this.#slots[this.#slotOf(number)] as number) - 1;
  }

  /** Where a number is, or would be put. */
  #slotOf(number: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashNumber(number) & mask;
    for (;;) {
      const code = (this.#slots[slot] as number) - 1;
      if (code < 0) return slot;
      const known = this.#numbers[code] as number;
      // NaN is the one number that differs from itself.
      // biome-ignore lint/suspicious/noSelfCompare: cheaper than Number.isNaN here
      if (known === number || (known !== known && number !== number)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #add(number: number, slot: number): number {
    const code = this.#size++;
    if (code === this.#numbers.length) {
      const grown = new Float64Array(code * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[code] = number;
    this.#slots[slot] = code + 1;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return code;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    for (let code = 0; code < this.#size; code++) {
      let slot = hashNumber(this.#numbers[code] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = code + 1;
    }
    this.#slots = slots;
  }
}

const float = new Float64Array(1);
const halves = new Int32Array(float.buffer);

/** 32 bits of hash of a number; 0 and -0 hash alike, and so do all NaN. */
export function hashNumber(number: number): number {
  const whole = number | 0;
  if (whole === number) return scramble(whole);
  float[0] = number;
  return Number.isNaN(number) ? 0x7ff8 : scramble((halves[0] as number) ^ Math.imul(halves[1] as number, 0x9e3779b1));
}

function scramble(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
