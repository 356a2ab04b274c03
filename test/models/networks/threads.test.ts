import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { crc32c, Random } from '../../../kernels/index.ts';
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
  nesterov,
  type Optimizer,
  provideThreads,
  sequential,
} from '../../../models/networks/index.ts';

import { describeWith } from '../../require.ts';

const MODELS: Readonly<Record<string, { readonly model: () => Model; readonly optimizer: () => Optimizer }>> = {
  dense: {
    model: () => sequential([dense(33, { activation: 'relu' }), dropout(0.2), dense(2)], { inputShape: [9] }),
    optimizer: adam,
  },
  // Enough weights for their update to be shared out.
  wide: { model: () => sequential([dense(300, { activation: 'relu' }), dense(41), dense(2)], { inputShape: [9] }), optimizer: nesterov },
  conv2d: {
    model: () => sequential([conv2d(8, 3, { activation: 'relu' }), maxPool2d(2), flatten(), dense(2)], { inputShape: [24, 24, 1] }),
    optimizer: adam,
  },
  gru: { model: () => sequential([gru(24), dense(2)], { inputShape: [12, 4] }), optimizer: adam },
};

const workers: Worker[] = [];

function provide(): void {
  provideThreads(
    (seat) => void workers.push(new Worker(new URL('../../../pipeline/network-thread.ts', import.meta.url), { workerData: seat })),
  );
}

afterEach(async () => {
  provideThreads(undefined);
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

function build(name: string, threads: number): Network {
  const { model, optimizer } = MODELS[name]!;
  return compile(model(), { loss: meanSquaredError(), optimizer: optimizer(), seed: 6, threads });
}

/** Of all but the snapshot's own checksum, with which the sum of anything is the same. */
const digest = (network: Network): number => crc32c(network.snapshot().subarray(0, -4));

const SOON = 10_000;

/** Waits until the network's threads have taken part, with other rows than the test's own and without a step. */
async function takePart(network: Network): Promise<void> {
  const rows = network.description.shardRows * 3;
  const before = network.threadCalls;
  const features = new Float32Array(rows * network.inputSize);
  for (const end = Date.now() + SOON; network.threadCalls < before + 4; ) {
    if (Date.now() > end) throw new Error('the threads do not take part');
    network.predictMany(features, rows);
    await pause(1);
  }
}

test.each(Object.keys(MODELS))('%s: any number of threads gives the bits of one', async (name) => {
  provide();
  const networks = [1, 2, 3].map((threads) => build(name, threads));
  const { inputSize, outputSize, shardRows } = networks[0]!.description;
  const rows = shardRows * 4 + 5;
  const random = new Random(2);
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
  const [features, targets] = [draw(rows * inputSize), draw(rows * outputSize)];
  const run = (network: Network) => {
    const losses = [rows, shardRows + 1, 3, rows, rows].map(
      (count) => network.learnMany(features.slice(0, count * inputSize), targets.slice(0, count * outputSize), count).loss,
    );
    return { losses, state: digest(network), predictions: crc32c(new Uint8Array(network.predictMany(features, rows).buffer)) };
  };
  // Once while the threads start, when the caller does most of the work, and once with them.
  for (const round of ['early', 'late']) {
    if (round === 'late') for (const network of networks.slice(1)) await takePart(network);
    const [one, ...others] = networks.map(run);
    for (const other of others) expect(other).toEqual(one);
  }

  features[(rows - 2) * inputSize + 1] = Number.NaN;
  const before = networks.map(digest);
  for (const network of networks)
    expect(() => network.learnMany(features, targets, rows)).toThrow(new RegExp(`feature 1 of row ${rows - 2} `));
  expect(networks.map(digest)).toEqual(before);

  const ended = workers.map((worker) => once(worker, 'exit'));
  for (const network of networks) network.close();
  expect((await Promise.all(ended)).map(([code]) => code as number)).toEqual([0, 0, 0]);
});

test('a network that was closed goes on alone', () => {
  provide();
  const [one, two] = [1, 2].map((threads) => build('gru', threads)) as [Network, Network];
  two.close();
  const rows = one.description.shardRows * 3;
  const [features, targets] = [new Float32Array(rows * one.inputSize).fill(0.5), new Float32Array(rows * one.outputSize)];
  expect(two.learnMany(features, targets, rows)).toEqual(one.learnMany(features, targets, rows));
  expect(digest(two)).toBe(digest(one));
});

test('threads end with a network that nobody uses any more', async () => {
  provide();
  await takePart(build('gru', 2));
  const ended = once(workers[0]!, 'exit');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const timer = setInterval(collect, 20);
  expect(await ended).toEqual([0]);
  clearInterval(timer);
});

test('refuses numbers of threads that make no sense, and threads that nothing can start', () => {
  for (const threads of [0, 1.5, -2, 65, Number.NaN]) expect(() => build('gru', threads)).toThrow(`threads is ${threads}, but must be`);
  expect(() => build('gru', 2)).toThrow('nothing has said how to start a thread');
  expect(build('gru', 1).threadCalls).toBe(0);
});

describeWith('browser', 'threads in a browser', (browser) => {
  test('two give the bits of one, and take part', async () => {
    const page = await browser.newPage();
    const result = await page.evaluate(
      "const { trainOnTwoThreads } = await import('/test/models/networks/browser-threads.ts'); return trainOnTwoThreads();",
    );
    expect(result).toEqual({ same: true, shared: true });
  });
});
