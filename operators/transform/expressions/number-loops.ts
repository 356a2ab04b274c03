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

// Number(a < b) is set without a jump, `a < b ? 1 : 0` with one; a jump that data decide at random costs six times the loop.

export const equal: ComparisonLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) out[row] = Number(a[row] === b[row]);
};

export const notEqual: ComparisonLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) out[row] = Number(a[row] !== b[row]);
};

export const less: ComparisonLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) out[row] = Number((a[row] as number) < (b[row] as number));
};

export const lessOrEqual: ComparisonLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) out[row] = Number((a[row] as number) <= (b[row] as number));
};
