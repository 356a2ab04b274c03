import { adam, compile, dense, meanSquaredError, type Network, provideThreads, sequential } from '../../../models/networks/index.ts';

const LIMIT = 20_000;

/** Trains in a page on one thread and on two: whether the bits are the same, and whether the second thread has taken part. */
export async function trainOnTwoThreads(): Promise<{ readonly same: boolean; readonly shared: boolean }> {
  provideThreads((seat) => new Worker(new URL('./browser-thread.ts', import.meta.url), { type: 'module' }).postMessage(seat));
  const model = sequential([dense(64, { activation: 'relu' }), dense(1)], { inputShape: [32] });
  const network = (threads: number): Network => compile(model, { loss: meanSquaredError(), optimizer: adam(), seed: 1, threads });
  const [one, two] = [network(1), network(2)];
  const rows = one.description.shardRows * 2;
  const features = Float32Array.from({ length: rows * 32 }, (_, i) => (i % 17) / 17);
  const targets = Float32Array.from({ length: rows }, (_, i) => (i % 5) / 5);
  // A page starts its workers between the steps.
  for (const end = Date.now() + LIMIT; two.threadCalls < 5 && Date.now() < end; ) {
    for (const each of [one, two]) each.learnMany(features, targets, rows);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const [first, second] = [one.snapshot(), two.snapshot()];
  two.close();
  return { same: first.length === second.length && first.every((byte, i) => byte === second[i]), shared: two.threadCalls >= 5 };
}
