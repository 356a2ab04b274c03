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

// Number(a < b) is set without a jump, `a < b ? 1 : 0` with one; a jump that data decide at random costs six times the loop. Without a jump it is only where V8 has optimized in full, and a loop of
// less than a hundred bytes of its code goes into the caller before, to stay half-optimized with it for some hundred million rows: hence four rows at a time.

export const equal: ComparisonLoop = (a, b, out) => {
  const fours = out.length - (out.length % 4);
  for (let row = 0; row < fours; row += 4) {
    out[row] = Number(a[row] === b[row]);
    out[row + 1] = Number(a[row + 1] === b[row + 1]);
    out[row + 2] = Number(a[row + 2] === b[row + 2]);
    out[row + 3] = Number(a[row + 3] === b[row + 3]);
  }
  for (let row = fours; row < out.length; row++) out[row] = Number(a[row] === b[row]);
};

export const notEqual: ComparisonLoop = (a, b, out) => {
  const fours = out.length - (out.length % 4);
  for (let row = 0; row < fours; row += 4) {
    out[row] = Number(a[row] !== b[row]);
    out[row + 1] = Number(a[row + 1] !== b[row + 1]);
    out[row + 2] = Number(a[row + 2] !== b[row + 2]);
    out[row + 3] = Number(a[row + 3] !== b[row + 3]);
  }
  for (let row = fours; row < out.length; row++) out[row] = Number(a[row] !== b[row]);
};

export const less: ComparisonLoop = (a, b, out) => {
  const fours = out.length - (out.length % 4);
  for (let row = 0; row < fours; row += 4) {
    out[row] = Number((a[row] as number) < (b[row] as number));
    out[row + 1] = Number((a[row + 1] as number) < (b[row + 1] as number));
    out[row + 2] = Number((a[row + 2] as number) < (b[row + 2] as number));
    out[row + 3] = Number((a[row + 3] as number) < (b[row + 3] as number));
  }
  for (let row = fours; row < out.length; row++) out[row] = Number((a[row] as number) < (b[row] as number));
};

export const lessOrEqual: ComparisonLoop = (a, b, out) => {
  const fours = out.length - (out.length % 4);
  for (let row = 0; row < fours; row += 4) {
    out[row] = Number((a[row] as number) <= (b[row] as number));
    out[row + 1] = Number((a[row + 1] as number) <= (b[row + 1] as number));
    out[row + 2] = Number((a[row + 2] as number) <= (b[row + 2] as number));
    out[row + 3] = Number((a[row + 3] as number) <= (b[row + 3] as number));
  }
  for (let row = fours; row < out.length; row++) out[row] = Number((a[row] as number) <= (b[row] as number));
};
