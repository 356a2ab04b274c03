import { ARENA_START, createKernels, type Random } from '../../kernels/index.ts';
import { type Shape, shapeSize } from './shape.ts';

/** Inputs and outputs of one unit (times the receptive field for convolutions). */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** Makes a parameter's first values, row-major, from a seeded generator. */
export interface Initializer {
  readonly name: string;
  values(shape: Shape, fans: Fans, random: Random): Float32Array;
}

function uniform(name: string, limit: (fans: Fans) => number): Initializer {
  return {
    name,
    values(shape, fans, random) {
      const bound = limit(fans);
      const values = new Float32Array(shapeSize(shape));
      for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * bound;
      return values;
    },
  };
}

function normal(name: string, deviation: (fans: Fans) => number): Initializer {
  return {
    name,
    values(shape, fans, random) {
      const scale = deviation(fans);
      const values = new Float32Array(shapeSize(shape));
      for (let i = 0; i < values.length; i++) values[i] = random.normal() * scale;
      return values;
    },
  };
}

function constant(name: string, value: number): Initializer {
  return { name, values: (shape) => new Float32Array(shapeSize(shape)).fill(value) };
}

/**
 * Uniform in +-sqrt(6 / (fanIn + fanOut)); the default of dense, convolutional and recurrent kernels, as in Keras.
 * Source: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
 */
export function glorotUniform(): Initializer {
  return uniform('glorotUniform', ({ fanIn, fanOut }) => Math.sqrt(6 / (fanIn + fanOut)));
}

/** Normal with variance 2 / (fanIn + fanOut). Source: Glorot and Bengio, 2010. */
export function glorotNormal(): Initializer {
  return normal('glorotNormal', ({ fanIn, fanOut }) => Math.sqrt(2 / (fanIn + fanOut)));
}

/**
 * Uniform in +-sqrt(6 / fanIn), for layers with relu.
 * Source: K. He et al., "Delving deep into rectifiers", 2015.
 */
export function heUniform(): Initializer {
  return uniform('heUniform', ({ fanIn }) => Math.sqrt(6 / fanIn));
}

/** Normal with variance 2 / fanIn, for layers with relu. Source: He et al., 2015. */
export function heNormal(): Initializer {
  return normal('heNormal', ({ fanIn }) => Math.sqrt(2 / fanIn));
}

/** Uniform in +-limit. */
export function randomUniform(limit = 0.05): Initializer {
  return uniform('randomUniform', () => limit);
}

/** Normal with the given standard deviation. */
export function randomNormal(deviation = 0.05): Initializer {
  return normal('randomNormal', () => deviation);
}

export function zeros(): Initializer {
  return constant('zeros', 0);
}

export function ones(): Initializer {
  return constant('ones', 1);
}

/** Given values, row-major; for weights that come from elsewhere. */
export function fixedValues(values: ArrayLike<number>): Initializer {
  return { name: 'fixedValues', values: () => Float32Array.from(values) };
}

/**
 * Rows (or columns, whichever are fewer) that are orthogonal and of length one; the default of recurrent kernels, as in Keras.
 * Source: A. Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2014.
 */
export function orthogonal(gain = 1): Initializer {
  return {
    name: 'orthogonal',
    values(shape, _fans, random) {
      const columns = shape.at(-1)!;
      const rows = shapeSize(shape) / columns;
      const count = Math.min(rows, columns);
      const length = Math.max(rows, columns);
      const vectors = orthonormalVectors(count, length, random);
      const values = new Float32Array(rows * columns);
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < length; j++) values[rows <= columns ? i * columns + j : j * columns + i] = gain * vectors[i * length + j]!;
      }
      return values;
    },
  };
}

/** `count` rows of `length`, orthogonal and of length one. */
function orthonormalVectors(count: number, length: number, random: Random): Float64Array {
  const { functions, memory } = createKernels(ARENA_START + count * length * 8);
  const vectors = new Float64Array(memory.buffer, ARENA_START, count * length);
  for (let i = 0; i < vectors.length; i++) vectors[i] = random.normal();
  functions.orthonormalize(count, length, ARENA_START);
  return vectors;
}
