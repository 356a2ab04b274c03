import {
  adam,
  compile,
  conv1d,
  conv2d,
  dense,
  embedding,
  flatten,
  gru,
  type Layer,
  layerNorm,
  lstm,
  maxPool2d,
  meanSquaredError,
  type Network,
  sequential,
  simpleRnn,
} from '../../../models/networks/index.ts';

/** The modules of scripts/torch-safetensors.py. */
const MODELS: Readonly<Record<string, { layers: () => Layer[]; inputShape: number[] }>> = {
  dense: { layers: () => [dense(7, { activation: 'relu' }), layerNorm(), dense(3)], inputShape: [5] },
  conv2d: {
    layers: () => [conv2d(5, 3, { activation: 'relu' }), maxPool2d(2), conv2d(3, 2, { activation: 'tanh' }), flatten(), dense(2)],
    inputShape: [8, 7, 2],
  },
  conv1d: { layers: () => [conv1d(4, 3, { activation: 'relu' }), flatten(), dense(2)], inputShape: [9, 3] },
  gru: { layers: () => [gru(5), dense(2)], inputShape: [6, 3] },
  lstm: { layers: () => [embedding(9, 4), lstm(5, { returnSequences: true }), flatten(), dense(2)], inputShape: [6] },
  rnn: { layers: () => [simpleRnn(5), dense(1)], inputShape: [6, 3] },
};

export const FILE_CASES = Object.keys(MODELS);

export function fileNetwork(name: string, seed = 3): Network {
  const { layers, inputShape } = MODELS[name]!;
  return compile(sequential(layers(), { inputShape }), { loss: meanSquaredError(), optimizer: adam(), seed });
}
