import { Random } from '../../../kernels/index.ts';
import {
  adam,
  averagePool1d,
  categoricalCrossentropy,
  compile,
  conv1d,
  conv2d,
  dense,
  dropout,
  embedding,
  flatten,
  globalAveragePool,
  gru,
  huber,
  layerNorm,
  lstm,
  type Model,
  maxPool1d,
  maxPool2d,
  meanSquaredError,
  type Network,
  sequential,
  simpleRnn,
} from '../../../models/networks/index.ts';

/** A small network of each kind, and the range of its inputs (`tokens`: whole numbers below it). */
export interface Family {
  readonly model: () => Model;
  readonly loss?: 'categorical' | 'huber';
  readonly tokens?: number;
}

export const FAMILIES: Readonly<Record<string, Family>> = {
  dense: { model: () => sequential([dense(37, { activation: 'relu' }), dense(9, { activation: 'gelu' }), dense(3)], { inputShape: [7] }) },
  single: { model: () => sequential([dense(4, { activation: 'sigmoid' }), dense(1, { activation: 'sigmoid' })], { inputShape: [2] }) },
  conv1d: {
    model: () =>
      sequential(
        [conv1d(6, 3, { activation: 'relu', padding: 'same' }), maxPool1d(2), conv1d(5, 2), averagePool1d(2), flatten(), dense(2)],
        {
          inputShape: [13, 3],
        },
      ),
  },
  conv2d: {
    model: () => sequential([conv2d(8, 5, { activation: 'relu' }), maxPool2d(2), flatten(), dense(10)], { inputShape: [12, 12, 1] }),
    loss: 'categorical',
  },
  deepConv2d: {
    model: () =>
      sequential([conv2d(5, 3, { padding: 'same', activation: 'tanh' }), maxPool2d(2), conv2d(6, 2), globalAveragePool(), dense(2)], {
        inputShape: [7, 6, 2],
      }),
  },
  simpleRnn: { model: () => sequential([simpleRnn(10), dense(1)], { inputShape: [10, 10] }) },
  gru: { model: () => sequential([gru(13, { returnSequences: true }), gru(6), dense(3)], { inputShape: [6, 5] }), loss: 'huber' },
  lstm: { model: () => sequential([lstm(9), layerNorm(), dense(2)], { inputShape: [6, 5] }) },
  embedding: { model: () => sequential([embedding(11, 6), lstm(7), dropout(0.3), dense(2)], { inputShape: [5] }), tokens: 11 },
};

export function familyNetwork(name: string, seed = 1): Network {
  const { model, loss } = FAMILIES[name]!;
  const chosen = loss === 'categorical' ? categoricalCrossentropy() : loss === 'huber' ? huber() : meanSquaredError();
  return compile(model(), { loss: chosen, optimizer: adam({ learningRate: 3e-3 }), seed });
}

/** Seeded rows of inputs and targets for a family. */
export function familyData(name: string, network: Network, rows: number, seed = 5): { features: Float32Array; targets: Float32Array } {
  const { loss, tokens } = FAMILIES[name]!;
  const random = new Random(seed);
  const features = Float32Array.from({ length: rows * network.inputSize }, () => (tokens ? random.integer(tokens) : random.normal()));
  const targets = Float32Array.from({ length: rows * network.outputSize }, () => random.uniform());
  if (loss === 'categorical') {
    targets.fill(0);
    for (let row = 0; row < rows; row++) targets[row * network.outputSize + random.integer(network.outputSize)] = 1;
  }
  return { features, targets };
}
