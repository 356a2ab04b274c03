import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../kernels/index.ts';
import type { TrainingPart } from '../../../models/index.ts';
import {
  adagrad,
  adam,
  adamw,
  compile,
  conv1d,
  cosineDecay,
  dense,
  dropout,
  flatten,
  gru,
  meanSquaredError,
  momentum,
  type Network,
  nesterov,
  type Optimizer,
  rmsprop,
  sequential,
  sgd,
} from '../../../models/networks/index.ts';
import { withTrainingThreads } from './training-threads.ts';

const ROWS = 150;
const JOBS = 12;

const NETWORKS: Readonly<Record<string, () => Network>> = {
  'dense, dropout, adam with a schedule': () =>
    compile(sequential([dense(16, { activation: 'relu' }), dropout(0.3), dense(2)], { inputShape: [12] }), {
      loss: meanSquaredError(),
      optimizer: adam({ learningRate: cosineDecay(0.01, 20) }),
      clipNorm: 0.5,
      seed: 3,
    }),
  'gru, one output, adamw': () =>
    compile(sequential([gru(7), dense(1)], { inputShape: [6, 2] }), { loss: meanSquaredError(), optimizer: adamw(), seed: 4 }),
  'conv1d, nesterov': () =>
    compile(sequential([conv1d(4, 3), flatten(), dense(2)], { inputShape: [6, 2] }), {
      loss: meanSquaredError(),
      optimizer: nesterov(),
      seed: 5,
    }),
  ...Object.fromEntries(
    [sgd(), momentum(), rmsprop(), adagrad({ initialAccumulator: 0.1 })].map((optimizer) => [
      `dense, ${optimizer.name}`,
      () => compile(sequential([dense(2)], { inputShape: [12] }), { loss: meanSquaredError(), optimizer, seed: 1 }),
    ]),
  ),
};

/** Jobs of two steps; some targets are missing, one step has none at all, one would break the weights. */
function jobsFor({ inputSize, outputSize }: Network): readonly (readonly TrainingPart[])[] {
  const random = new Random(8);
  const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
  const part = (job: number, rows: number): TrainingPart => {
    const targets = draw(rows * outputSize);
    if (job === 5) targets.fill(3e38);
    return {
      rows,
      features: draw(rows * inputSize),
      targets,
      weights: Float32Array.from({ length: rows * outputSize }, (_, i) => (job === 7 || i % 5 === 0 ? 0 : 1)),
    };
  };
  return Array.from({ length: JOBS }, (_, job) => [part(job, ROWS), part(0, 1 + job)]);
}

const stateOf = (network: Network) => ({ bytes: network.snapshot(), steps: network.steps, skipped: network.skippedSteps });

/** The states that a network goes through, job by job, when it learns by itself. */
function statesAtOnce(network: Network) {
  return jobsFor(network).map((job) => {
    for (const { features, targets, rows, weights } of job) network.learnMany(features, targets, rows, weights);
    return stateOf(network);
  });
}

function statesBeside(network: Network, waiting: number) {
  const training = network.trainBeside({ jobs: waiting, parts: 2, mostRows: ROWS, thread: true });
  const jobs = jobsFor(network);
  const states: ReturnType<typeof stateOf>[] = [];
  const skipped: number[] = [];
  const advance = () => {
    skipped.push(training.advance());
    states.push(stateOf(network));
  };
  for (const [index, job] of jobs.entries()) {
    training.post(job);
    if (index >= waiting - 1) advance();
  }
  while (states.length < jobs.length) advance();
  training.close();
  return { states, skipped };
}

describe('training beside', () => {
  test.each(Object.entries(NETWORKS))('goes through the very states of training at once: %s', (_name, make) => {
    const expected = statesAtOnce(make());
    expect(expected.at(-1)?.skipped).toBe(1);
    for (const waiting of [1, 4]) expect(statesBeside(make(), waiting).states).toEqual(expected);
  });

  test.each(Object.entries(NETWORKS).slice(0, 2))('does so in a thread, which ends with it: %s', async (_name, make) => {
    const { result, threads } = withTrainingThreads({}, () => statesBeside(make(), 4));
    expect(result.states).toEqual(statesAtOnce(make()));
    expect(result.skipped.reduce((sum, steps) => sum + steps, 0)).toBe(1);
    expect(await Promise.all(threads.map(async (thread) => (await once(thread, 'exit'))[0] as number))).toEqual([0]);
  });

  test('predicts with the outcome taken, whatever has been made since', () => {
    const make = NETWORKS['gru, one output, adamw'] as () => Network;
    const [alone, beside] = [make(), make()];
    const jobs = jobsFor(alone);
    const training = beside.trainBeside({ jobs: JOBS, parts: 2, mostRows: ROWS, thread: false });
    for (const job of jobs) training.post(job);
    const probe = jobs[0]?.[0]?.features as Float32Array;
    for (const job of jobs) {
      expect(beside.predictMany(probe, ROWS)).toEqual(alone.predictMany(probe, ROWS));
      expect(training.isMade()).toBe(true);
      training.advance();
      for (const { features, targets, rows, weights } of job) alone.learnMany(features, targets, rows, weights);
    }
    expect(training.isMade()).toBe(false);
    expect(beside.predictMany(probe, ROWS)).toEqual(alone.predictMany(probe, ROWS));
  });

  test('an error in the thread is thrown where its outcome is needed, with its cause', () => {
    const run = () => statesBeside((NETWORKS['dense, sgd'] as () => Network)(), 3);
    expect(() => withTrainingThreads({ failAt: 2 }, run)).toThrow(
      /thread that trains the network failed: Error: the step was made to fail/,
    );
  });

  test('an optimizer that reads values while it updates is refused', () => {
    const curious: Optimizer = {
      ...sgd(),
      name: 'curious',
      update: ({ functions, gradients, count }) => void functions.sumOfSquares(gradients, count),
    };
    const network = compile(sequential([dense(2)], { inputShape: [12] }), { loss: meanSquaredError(), optimizer: curious });
    expect(() => statesBeside(network, 1)).toThrow(/'curious' cannot train beside: an update calls sumOfSquares/);
  });
});
