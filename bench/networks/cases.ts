import {
  adam,
  categoricalCrossentropy,
  compile,
  conv1d,
  conv2d,
  dense,
  flatten,
  gru,
  halfSquaredError,
  lstm,
  type Model,
  maxPool1d,
  maxPool2d,
  meanSquaredError,
  type Network,
  sequential,
  sgd,
  simpleRnn,
} from '../../models/networks/index.ts';

/** The networks that the training and inference benches time; bench/networks/torch-peer.py makes the same ones. */
export const CASES = ['dense', 'xor', 'conv2d', 'conv1d', 'rnn', 'gru', 'lstm'] as const;
export type CaseName = (typeof CASES)[number];

/** Mini-batch sizes. */
export const BATCHES = [1, 32, 256] as const;

const MODELS: Readonly<Record<CaseName, () => Model>> = {
  dense: () => sequential([dense(128, { activation: 'relu' }), dense(64, { activation: 'relu' }), dense(1)], { inputShape: [32] }),
  xor: () => sequential([dense(4, { activation: 'sigmoid' }), dense(1, { activation: 'sigmoid' })], { inputShape: [2] }),
  conv2d: () => sequential([conv2d(32, 5, { activation: 'relu' }), maxPool2d(2), flatten(), dense(10)], { inputShape: [28, 28, 1] }),
  conv1d: () => sequential([conv1d(32, 5, { activation: 'relu' }), maxPool1d(2), flatten(), dense(1)], { inputShape: [64, 8] }),
  rnn: () => sequential([simpleRnn(10), dense(1)], { inputShape: [10, 10] }),
  gru: () => sequential([gru(64), dense(1)], { inputShape: [32, 8] }),
  lstm: () => sequential([lstm(64), dense(1)], { inputShape: [32, 8] }),
};

export function caseNetwork(name: CaseName, threads = 1): Network {
  const loss = name === 'conv2d' ? categoricalCrossentropy() : name === 'xor' ? halfSquaredError() : meanSquaredError();
  return compile(MODELS[name](), {
    loss,
    optimizer: name === 'xor' ? sgd({ learningRate: 0.1 }) : adam(),
    seed: 1,
    threads,
  });
}

/** Rows of inputs and targets with no meaning; targets of conv2d are one-hot. */
export function caseData(name: CaseName, network: Network, rows: number): { features: Float32Array; targets: Float32Array } {
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  const features = Float32Array.from({ length: rows * network.inputSize }, () => 2 * next() - 1);
  const targets = Float32Array.from({ length: rows * network.outputSize }, next);
  if (name === 'conv2d') {
    targets.fill(0);
    for (let row = 0; row < rows; row++) targets[row * 10 + Math.floor(next() * 10)] = 1;
  }
  return { features, targets };
}
