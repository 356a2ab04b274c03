/**
 * Exclusive or with a 2-4-1 network: the first of the three examples of the article that inspired the project, with its errors put right (docs/errata.md).
 * Sigmoid in both layers, J = 1/2 sum (y - y*)^2 over outputs and rows, gradient descent with rate 0.1, a step = the four rows.
 *
 * Run: node --conditions=millrace-source examples/xor/xor.ts [seed]
 */
import { pathToFileURL } from 'node:url';
import { compile, dense, halfSquaredError, randomNormal, sequential, sgd } from 'millrace/models';

const ROWS = 4;
const INPUTS = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1);
const TARGETS = Float32Array.of(0, 1, 1, 0);
const CHECK_EVERY = 100;

export interface XorReport {
  readonly converged: boolean;
  readonly steps: number;
  /** Of the rows (0,0), (0,1), (1,0), (1,1). */
  readonly predictions: Float32Array;
}

/** Trains until every error is below 0.1, for 20,000 steps at most. Weights start as standard normal numbers, as in the article. */
export function learnXor(seed: number, mostSteps = 20_000): XorReport {
  const kernelInitializer = randomNormal(1);
  const layers = [dense(4, { activation: 'sigmoid', kernelInitializer }), dense(1, { activation: 'sigmoid', kernelInitializer })];
  const network = compile(sequential(layers, { inputShape: [2] }), {
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    seed,
  });
  while (network.steps < mostSteps) {
    network.learnMany(INPUTS, TARGETS, ROWS);
    if (network.steps % CHECK_EVERY !== 0) continue;
    const predictions = network.predictMany(INPUTS, ROWS);
    if (predictions.every((value, row) => Math.abs(value - TARGETS[row]!) < 0.1))
      return { converged: true, steps: network.steps, predictions };
  }
  return { converged: false, steps: network.steps, predictions: network.predictMany(INPUTS, ROWS) };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { converged, steps, predictions } = learnXor(Number(process.argv[2] ?? 1));
  console.log(converged ? `converged after ${steps} steps` : `not converged within ${steps} steps`);
  for (let row = 0; row < ROWS; row++) console.log(`${INPUTS[2 * row]} xor ${INPUTS[2 * row + 1]} = ${predictions[row]!.toFixed(3)}`);
}
