/** Column kernels: one loop per operation, over whole columns, so that each is compiled for its own arithmetic. */

export type NumberLoop = (a: Float64Array, b: Float64Array, out: Float64Array) => void;
export type ComparisonLoop = (a: Float64Array, b: Float64Array, out: Uint8Array) => void;

export const add: NumberLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) out[row] = (a[row] as number) + (b[row] as number);
};

export const subtract: NumberLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) out[row] = (a[row] as number) - (b[row] as number);
};

export const multiply: NumberLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) out[row] = (a[row] as number) * (b[row] as number);
};

export const divide: NumberLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) out[row] = (a[row] as number) / (b[row] as number);
};

/** Remainder with the sign of the divisor, as in mathematics: -1 modulo 24 is 23. */
export const modulo: NumberLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) {
    const remainder = (a[row] as number) % (b[row] as number);
    out[row] = remainder !== 0 && remainder < 0 !== (b[row] as number) < 0 ? remainder + (b[row] as number) : remainder;
  }
};

export const smaller: NumberLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) out[row] = Math.min(a[row] as number, b[row] as number);
};

export const larger: NumberLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) out[row] = Math.max(a[row] as number, b[row] as number);
};

export const equal: ComparisonLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) out[row] = a[row] === b[row] ? 1 : 0;
};

export const notEqual: ComparisonLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) out[row] = a[row] === b[row] ? 0 : 1;
};

/** The difference of two numbers and, in the upper of its halves, the sign: set and read without a branch. */
const difference = new Float64Array(1);
const halves = new Int32Array(difference.buffer);
/** From the upper half of -Infinity to the first that no negative number has: beyond it lies NaN with a sign. */
const ABOVE_INFINITY = 0xfffff;

/**
 * True where a - b is a negative number, which is where a < b: differences do not underflow to 0, and what is NaN (a NaN, or equal infinities) is no less. The engine compiles a
 * comparison to a jump, and a jump that data decide at random costs more than all the rest of a filter.
 */
export const less: ComparisonLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) {
    // + 0 makes -0 a 0.
    difference[0] = (a[row] as number) - (b[row] as number) + 0;
    const upper = halves[1] as number;
    out[row] = ((upper + ABOVE_INFINITY) & upper) >>> 31;
  }
};

export const lessOrEqual: ComparisonLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) {
    const left = a[row] as number;
    const right = b[row] as number;
    difference[0] = right - left + 0;
    const upper = halves[1] as number;
    const greater = ((upper + ABOVE_INFINITY) & upper) >>> 31;
    // Only NaN is neither less, nor equal, nor greater; it is rare, so this jump is foreseen.
    out[row] = Number.isNaN(left) || Number.isNaN(right) ? 0 : greater ^ 1;
  }
};
