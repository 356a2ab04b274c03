import {
  activation,
  adagrad,
  adam,
  adamw,
  averagePool1d,
  averagePool2d,
  binaryCrossentropy,
  categoricalCrossentropy,
  compile,
  conv1d,
  conv2d,
  dense,
  embedding,
  flatten,
  globalAveragePool,
  globalMaxPool,
  gru,
  halfSquaredError,
  huber,
  type Layer,
  type Loss,
  layerNorm,
  lstm,
  maxPool1d,
  maxPool2d,
  meanAbsoluteError,
  meanSquaredError,
  momentum,
  type Network,
  nesterov,
  type Optimizer,
  quantile,
  rmsprop,
  sequential,
  sgd,
  simpleRnn,
  softmax,
} from '../../../models/networks/index.ts';

/** One network as scripts/torch-reference.py recorded it. */
export interface TorchCase {
  readonly layers: readonly Record<string, never>[];
  readonly inputShape: readonly number[];
  readonly loss: string;
  readonly optimizer: string;
  readonly rows: number;
  readonly features: readonly number[];
  readonly targets: readonly number[];
  readonly sampleWeights?: readonly number[];
  readonly clipNorm?: number;
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly output: readonly number[];
  readonly lossValue: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  readonly losses: readonly number[];
  readonly finalWeights: Readonly<Record<string, readonly number[]>>;
}

type Spec = Record<string, never>;

const LAYERS: Readonly<Record<string, (spec: Spec) => Layer>> = {
  activation: (spec) => activation(spec.activation!),
  averagePool1d: ({ poolSize, strides }) => averagePool1d(poolSize, { strides }),
  averagePool2d: ({ poolSize, strides }) => averagePool2d(poolSize, { strides }),
  conv1d: ({ filters, kernelSize, ...options }) => conv1d(filters!, kernelSize!, options),
  conv2d: ({ filters, kernelSize, ...options }) => conv2d(filters!, kernelSize!, options),
  dense: ({ units, ...options }) => dense(units!, options),
  embedding: ({ inputDim, outputDim }) => embedding(inputDim!, outputDim!),
  flatten: () => flatten(),
  globalAveragePool: () => globalAveragePool(),
  globalMaxPool: () => globalMaxPool(),
  gru: ({ units, ...options }) => gru(units!, options),
  layerNorm: () => layerNorm(),
  lstm: ({ units, ...options }) => lstm(units!, options),
  maxPool1d: ({ poolSize, strides }) => maxPool1d(poolSize, { strides }),
  maxPool2d: ({ poolSize, strides }) => maxPool2d(poolSize, { strides }),
  simpleRnn: ({ units, ...options }) => simpleRnn(units!, options),
  softmax: () => softmax(),
};

const LOSSES: Readonly<Record<string, () => Loss>> = {
  binaryCrossentropy,
  categoricalCrossentropy,
  halfSquaredError,
  huber: () => huber(0.7),
  meanAbsoluteError,
  meanSquaredError,
  quantile: () => quantile(0.9),
};

const OPTIMIZERS: Readonly<Record<string, () => Optimizer>> = {
  adagrad: () => adagrad({ learningRate: 0.05, initialAccumulator: 0.1 }),
  adam: () => adam({ learningRate: 0.01 }),
  adamw: () => adamw({ learningRate: 0.01, weightDecay: 0.05 }),
  momentum: () => momentum({ learningRate: 0.02, weightDecay: 0.01 }),
  nesterov: () => nesterov({ learningRate: 0.02 }),
  rmsprop: () => rmsprop({ learningRate: 0.005 }),
  sgd: () => sgd({ learningRate: 0.05 }),
};

/** The recorded network in Millrace, with the recorded first weights. */
export function networkOf(recorded: TorchCase): Network {
  const layers = recorded.layers.map((spec) => LAYERS[spec.layer as unknown as string]!(spec));
  const network = compile(sequential(layers, { inputShape: recorded.inputShape }), {
    loss: LOSSES[recorded.loss]!(),
    optimizer: OPTIMIZERS[recorded.optimizer]!(),
    ...(recorded.clipNorm !== undefined && { clipNorm: recorded.clipNorm }),
  });
  network.setWeights(new Map(Object.entries(recorded.weights).map(([name, values]) => [name, Float32Array.from(values)])));
  return network;
}

/**
 * Largest difference relative to the size of the expected values. An element below a tenth of its tensor's largest counts as a tenth: it is a sum that
 * cancels, and its relative error is that of its terms.
 */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]!));
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const size = Math.max(Math.abs(expected[i]!), largest * 0.1, 1e-6);
    const error = Math.abs(actual[i]! - expected[i]!) / size;
    if (!(error <= worst)) worst = error;
  }
  return worst;
}
