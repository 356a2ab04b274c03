// tfjs-wasm side of `npm run bench -- train`: one JSON request a line ({"case", "rows", "seconds"}), one answer a line: microseconds per step, or the
// reason why it cannot train the case. One thread, as Node gives it.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** The little of tfjs that is used here; the package is no dependency, so its types are not at hand. */
interface Tensor {
  dispose(): void;
  toFloat(): Tensor;
}
interface TfModel {
  compile(options: object): void;
  trainOnBatch(x: Tensor, y: Tensor): Promise<unknown>;
  dispose(): void;
}
interface Tfjs {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  sequential(options: object): TfModel;
  layers: Record<string, (options: object) => unknown>;
  train: { adam(rate: number): object; sgd(rate: number): object };
  randomNormal(shape: number[]): Tensor;
  randomUniform(shape: number[], low?: number, high?: number, type?: string): Tensor;
  oneHot(indices: Tensor, depth: number): Tensor;
}

const load = createRequire(join(import.meta.dirname, '..', 'peers', 'package.json'));
const tf = load('@tensorflow/tfjs') as Tfjs;
const backend = load('@tensorflow/tfjs-backend-wasm') as { setWasmPaths(folder: string): void };
backend.setWasmPaths(`${dirname(load.resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm'))}/`);
await tf.setBackend('wasm');
await tf.ready();

const layer = (kind: string, options: object): unknown => tf.layers[kind]!(options);
const recurrent = (kind: string, units: number, inputShape: number[]): unknown[] => [
  layer(kind, { units, inputShape, recurrentInitializer: 'glorotUniform' }),
  layer('dense', { units: 1 }),
];
const MODELS: Readonly<Record<string, { shape: number[]; layers: () => unknown[] }>> = {
  dense: {
    shape: [32],
    layers: () => [
      layer('dense', { units: 128, activation: 'relu', inputShape: [32] }),
      layer('dense', { units: 64, activation: 'relu' }),
      layer('dense', { units: 1 }),
    ],
  },
  xor: {
    shape: [2],
    layers: () => [
      layer('dense', { units: 4, activation: 'sigmoid', inputShape: [2] }),
      layer('dense', { units: 1, activation: 'sigmoid' }),
    ],
  },
  conv2d: {
    shape: [28, 28, 1],
    layers: () => [
      layer('conv2d', { filters: 32, kernelSize: 5, activation: 'relu', inputShape: [28, 28, 1] }),
      layer('maxPooling2d', { poolSize: 2 }),
      layer('flatten', {}),
      layer('dense', { units: 10, activation: 'softmax' }),
    ],
  },
  conv1d: {
    shape: [64, 8],
    layers: () => [
      layer('conv1d', { filters: 32, kernelSize: 5, activation: 'relu', inputShape: [64, 8] }),
      layer('maxPooling1d', { poolSize: 2 }),
      layer('flatten', {}),
      layer('dense', { units: 1 }),
    ],
  },
  rnn: { shape: [10, 10], layers: () => recurrent('simpleRNN', 10, [10, 10]) },
  gru: { shape: [32, 8], layers: () => recurrent('gru', 64, [32, 8]) },
  lstm: { shape: [32, 8], layers: () => recurrent('lstm', 64, [32, 8]) },
};

async function stepTime(name: string, rows: number, seconds: number): Promise<number> {
  const { shape, layers } = MODELS[name]!;
  const model = tf.sequential({ layers: layers() });
  const images = name === 'conv2d';
  model.compile({
    optimizer: name === 'xor' ? tf.train.sgd(0.1) : tf.train.adam(1e-3),
    loss: images ? 'categoricalCrossentropy' : 'meanSquaredError',
  });
  const x = tf.randomNormal([rows, ...shape]);
  const y = images ? tf.oneHot(tf.randomUniform([rows], 0, 10, 'int32'), 10).toFloat() : tf.randomUniform([rows, 1]);
  for (let i = 0; i < 2; i++) await model.trainOnBatch(x, y);
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + seconds * 1000;
  for (let runs = 0; runs < 5 || performance.now() < end; runs++) {
    const start = performance.now();
    await model.trainOnBatch(x, y);
    best = Math.min(best, performance.now() - start);
    if (runs > 2000) break;
  }
  for (const held of [x, y, model]) held.dispose();
  return best * 1000;
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as { case: string; rows: number; seconds: number };
  const reply = await stepTime(request.case, request.rows, request.seconds).then(
    (microseconds) => ({ microseconds }),
    (error: Error) => ({ unable: error.message }),
  );
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
