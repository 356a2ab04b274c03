import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Random } from '../../../kernels/index.ts';
import {
  adam,
  compile,
  conv2d,
  dense,
  dropout,
  flatten,
  gru,
  type Model,
  maxPool2d,
  meanSquaredError,
  type Network,
  sequential,
} from '../../../models/networks/index.ts';

const MODELS: Readonly<Record<string, () => Model>> = {
  dense: () => sequential([dense(33, { activation: 'relu' }), dropout(0.2), dense(2)], { inputShape: [9] }),
  conv2d: () => sequential([conv2d(8, 3, { activation: 'relu' }), maxPool2d(2), flatten(), dense(2)], { inputShape: [24, 24, 1] }),
  gru: () => sequential([gru(24), dense(2)], { inputShape: [12, 4] }),
};

function build(name: string, workers: Worker[], count?: number): Network {
  const spawn = (seat: unknown): void =>
    void workers.push(new Worker(new URL('./thread-worker.ts', import.meta.url), { workerData: seat }));
  return compile(MODELS[name]!(), { loss: meanSquaredError(), optimizer: adam(), seed: 6, ...(count && { threads: { count, spawn } }) });
}

test.each(Object.keys(MODELS))('%s: any number of threads gives the bits of one', async (name) => {
  const workers: Worker[] = [];
  const networks = [undefined, 2, 3].map((count) => build(name, workers, count));
  const { inputSize, outputSize, shardRows } = networks[0]!.description;
  const rows = shardRows * 4 + 5;
  const random = new Random(2);
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
  const [features, targets] = [draw(rows * inputSize), draw(rows * outputSize)];
  const results = networks.map((network) => {
    const losses = [rows, shardRows + 1, 3].map(
      (count) => network.learnMany(features.slice(0, count * inputSize), targets.slice(0, count * outputSize), count).loss,
    );
    return { losses, snapshot: network.snapshot(), predictions: network.predictMany(features, rows) };
  });
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);

  features[(rows - 2) * inputSize + 1] = Number.NaN;
  for (const network of networks)
    expect(() => network.learnMany(features, targets, rows)).toThrow(new RegExp(`feature 1 of row ${rows - 2} `));
  expect(networks[2]!.snapshot()).toEqual(results[0]!.snapshot);

  const ended = workers.map((worker) => once(worker, 'exit'));
  for (const network of networks) network.close();
  expect((await Promise.all(ended)).map(([code]) => code as number)).toEqual([0, 0, 0]);
});
