// Plain loops that compute what the kernels compute, over ordinary arrays and in double precision.

/** C[m][n] = start + A[m][k] B[k][n]. `start` gives C's first value at (row, column). */
export function gemmOracle(
  m: number,
  n: number,
  k: number,
  a: (row: number, column: number) => number,
  b: (row: number, column: number) => number,
  start: (row: number, column: number) => number,
): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = start(i, j);
      for (let q = 0; q < k; q++) sum += a(i, q) * b(q, j);
      c[i * n + j] = sum;
    }
  }
  return c;
}

/** Activations by their names in kernels/activation-codes.ts. */
export const ACTIVATION_ORACLES: Readonly<Record<string, { value: (x: number) => number; slope: (x: number) => number }>> = {
  LINEAR: { value: (x) => x, slope: () => 1 },
  RELU: { value: (x) => Math.max(x, 0), slope: (x) => (x > 0 ? 1 : 0) },
  SIGMOID: { value: (x) => 1 / (1 + Math.exp(-x)), slope: (x) => Math.exp(-x) / (1 + Math.exp(-x)) ** 2 },
  TANH: { value: Math.tanh, slope: (x) => 1 - Math.tanh(x) ** 2 },
  LEAKY_RELU: { value: (x) => (x < 0 ? 0.1 * x : x), slope: (x) => (x > 0 ? 1 : 0.1) },
  GELU: {
    value: (x) => x * normal(x),
    slope: (x) => normal(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  },
};

/** Distribution function of the standard normal, by its power series near 0 and its continued fraction beyond. */
export function normal(x: number): number {
  if (x > 3) return 1 - normal(-x);
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < -3) {
    let fraction = -x;
    for (let k = 60; k >= 1; k--) fraction = -x + k / fraction;
    return density / fraction;
  }
  let term = x;
  let sum = x;
  for (let k = 1; k < 80; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + density * sum;
}

export interface OptimizerOracle {
  /** New parameter from parameter, gradient and state, which it changes. */
  step(p: number, g: number, state: number[]): number;
}

/** Updates as their papers have them, with the options that the tests pass to the kernels. */
export const OPTIMIZER_ORACLES = {
  sgd: { step: (p: number, g: number) => p - 0.1 * (g + 0.01 * p) },
  momentum: {
    step(p: number, g: number, state: number[]) {
      state[0] = 0.9 * state[0]! + g + 0.01 * p;
      return p - 0.1 * state[0];
    },
  },
  nesterov: {
    step(p: number, g: number, state: number[]) {
      state[0] = 0.9 * state[0]! + g + 0.01 * p;
      return p - 0.1 * (g + 0.01 * p + 0.9 * state[0]);
    },
  },
  adagrad: {
    step(p: number, g: number, state: number[]) {
      state[0] = state[0]! + g * g;
      return p - (0.1 * g) / (Math.sqrt(state[0]) + 1e-8);
    },
  },
  rmsprop: {
    step(p: number, g: number, state: number[]) {
      state[0] = 0.9 * state[0]! + 0.1 * g * g;
      return p - (0.1 * g) / (Math.sqrt(state[0]) + 1e-8);
    },
  },
  adamw: {
    step(p: number, g: number, state: number[]) {
      state[0] = 0.9 * state[0]! + 0.1 * g;
      state[1] = 0.999 * state[1]! + 0.001 * g * g;
      const mean = state[0] / 0.19;
      const square = state[1] / 0.001999;
      return p * 0.99 - (0.1 * mean) / (Math.sqrt(square) + 1e-8);
    },
  },
} satisfies Record<string, OptimizerOracle>;
