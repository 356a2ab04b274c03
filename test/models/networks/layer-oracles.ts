// What the layers compute for one sample, in plain loops and double precision. Tensors are nested as flat arrays with their shape.

/** One axis of a sliding window. */
export interface Window {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: 'valid' | 'same';
}

/** Positions before the input and windows along it. */
function placed({ size, kernel, stride, dilation, padding }: Window): { before: number; out: number } {
  const reach = (kernel - 1) * dilation + 1;
  if (padding === 'valid') return { before: 0, out: Math.floor((size - reach) / stride) + 1 };
  const out = Math.ceil(size / stride);
  return { before: Math.floor(Math.max((out - 1) * stride + reach - size, 0) / 2), out };
}

/** Calls `visit` with each output position and the input positions of its window that exist. */
function slideOver(rows: Window, columns: Window, visit: (output: number, inputs: { tap: number; pixel: number }[]) => void): void {
  const [down, right] = [placed(rows), placed(columns)];
  for (let i = 0; i < down.out; i++) {
    for (let j = 0; j < right.out; j++) {
      const inputs: { tap: number; pixel: number }[] = [];
      for (let p = 0; p < rows.kernel; p++) {
        for (let q = 0; q < columns.kernel; q++) {
          const y = i * rows.stride + p * rows.dilation - down.before;
          const x = j * columns.stride + q * columns.dilation - right.before;
          if (y >= 0 && y < rows.size && x >= 0 && x < columns.size)
            inputs.push({ tap: p * columns.kernel + q, pixel: y * columns.size + x });
        }
      }
      visit(i * right.out + j, inputs);
    }
  }
}

export function convolutionOracle(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  bias: ArrayLike<number>,
  rows: Window,
  columns: Window,
  channels: number,
): number[] {
  const filters = bias.length;
  const y: number[] = [];
  slideOver(rows, columns, (output, inputs) => {
    for (let f = 0; f < filters; f++) {
      let sum = bias[f]!;
      for (const { tap, pixel } of inputs) {
        for (let c = 0; c < channels; c++) sum += x[pixel * channels + c]! * w[(tap * channels + c) * filters + f]!;
      }
      y[output * filters + f] = sum;
    }
  });
  return y;
}

export function poolOracle(x: ArrayLike<number>, kind: 'max' | 'average', rows: Window, columns: Window, channels: number): number[] {
  const y: number[] = [];
  slideOver(rows, columns, (output, inputs) => {
    for (let c = 0; c < channels; c++) {
      const values = inputs.map(({ pixel }) => x[pixel * channels + c]!);
      y[output * channels + c] = kind === 'max' ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0) / values.length;
    }
  });
  return y;
}

type Weights = ReadonlyMap<string, Float32Array>;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** x W + h U + b for each gate, of which `gates` lie side by side. */
function product(x: readonly number[], w: Float32Array, columns: number, column: number): number {
  return x.reduce((sum, value, i) => sum + value * w[i * columns + column]!, 0);
}

/** All states of a recurrent layer; `kind` as the layer's. */
export function recurrentOracle(kind: 'simpleRnn' | 'gru' | 'lstm', x: readonly number[][], units: number, weights: Weights): number[][] {
  const get = (role: string): Float32Array => weights.get(`${kind}.${role}`)!;
  const [w, u, b] = [get('kernel'), get('recurrentKernel'), get('bias')];
  const columns = b.length;
  let h = new Array<number>(units).fill(0);
  let c = new Array<number>(units).fill(0);
  return x.map((step) => {
    const before = h;
    const gate = (index: number, unit: number): number =>
      product(step, w, columns, index * units + unit) + product(before, u, columns, index * units + unit) + b[index * units + unit]!;
    if (kind === 'simpleRnn') h = before.map((_, unit) => Math.tanh(gate(0, unit)));
    else if (kind === 'lstm') {
      c = c.map((cell, unit) => sigmoid(gate(1, unit)) * cell + sigmoid(gate(0, unit)) * Math.tanh(gate(2, unit)));
      h = c.map((cell, unit) => sigmoid(gate(3, unit)) * Math.tanh(cell));
    } else {
      const v = get('recurrentBias');
      // Columns of the kernel are n, r, z; of the recurrent kernel r, z, n.
      const own = (index: number, unit: number): number => product(step, w, columns, index * units + unit) + b[index * units + unit]!;
      const past = (index: number, unit: number): number => product(before, u, columns, index * units + unit) + v[index * units + unit]!;
      h = before.map((old, unit) => {
        const r = sigmoid(own(1, unit) + past(0, unit));
        const z = sigmoid(own(2, unit) + past(1, unit));
        return (1 - z) * Math.tanh(own(0, unit) + r * past(2, unit)) + z * old;
      });
    }
    return h;
  });
}
