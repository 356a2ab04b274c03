/**
 * A plain recurrent network learns to remember: sequences of 10 steps x 10 features, hidden size 10, many to one. The answer is the first feature as it was
 * three steps before the end. The third of the article's examples, with its errors put right (docs/errata.md).
 *
 * Run: node --conditions=millrace-source examples/recall/recall.ts [seed]
 */
import { pathToFileURL } from 'node:url';
import { adam, compile, dense, meanSquaredError, type Network, sequential, simpleRnn } from 'millrace/models';

const STEPS = 10;
const FEATURES = 10;
const BATCH = 16;
/** Of values uniform in [-1, 1). */
const VARIANCE = 1 / 3;

export interface RecallReport {
  readonly network: Network;
  readonly sequences: number;
  /** Mean squared error on 2,000 fresh sequences over the answer's variance: 1 is knowing nothing. */
  readonly errorShare: number;
}

/** A generator of its own (a multiplicative one of Lehmer's), so that the example stands alone. */
function uniformStream(seed: number): () => number {
  let state = (seed * 48271 + 11) % 2147483647;
  return () => {
    state = (state * 48271) % 2147483647;
    return (2 * state) / 2147483647 - 1;
  };
}

function sequences(count: number, next: () => number): { features: Float32Array; targets: Float32Array } {
  const features = Float32Array.from({ length: count * STEPS * FEATURES }, next);
  const targets = Float32Array.from({ length: count }, (_, row) => features[(row * STEPS + STEPS - 1 - 3) * FEATURES]!);
  return { features, targets };
}

/** Trains on `count` sequences, each seen once. */
export function learnRecall(seed: number, count = 50_000): RecallReport {
  const network = compile(sequential([simpleRnn(10), dense(1)], { inputShape: [STEPS, FEATURES] }), {
    loss: meanSquaredError(),
    optimizer: adam({ learningRate: 3e-3 }),
    clipNorm: 1,
    seed,
  });
  const next = uniformStream(seed);
  for (let seen = 0; seen < count; seen += BATCH) {
    const { features, targets } = sequences(BATCH, next);
    network.learnMany(features, targets, BATCH);
  }
  const fresh = sequences(2000, next);
  return { network, sequences: count, errorShare: network.evaluate(fresh.features, fresh.targets, 2000) / VARIANCE };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { sequences: count, errorShare } = learnRecall(Number(process.argv[2] ?? 1));
  console.log(`after ${count} sequences the squared error is ${(100 * errorShare).toFixed(1)} % of the variance`);
}
