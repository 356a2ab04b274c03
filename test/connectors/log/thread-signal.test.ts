import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { ThreadSignal } from '../../../connectors/log/thread-signal.ts';

/** Longer than a test may take. */
const FOR_EVER = 60_000;

describe('ThreadSignal', () => {
  it('wakes waiters of the same log in another thread, and no others', async () => {
    const [waiting, other] = [new ThreadSignal('/tmp/one.db'), new ThreadSignal('/tmp/other.db')];
    let woken = false;
    void other.wait(FOR_EVER).then(() => {
      woken = true;
    });
    const file = new URL('../../../connectors/log/thread-signal.ts', import.meta.url).href;
    const thread = new Worker(
      `import(${JSON.stringify(file)}).then(({ ThreadSignal }) => { const signal = new ThreadSignal('/tmp/../tmp/one.db'); signal.notify(); setTimeout(() => signal.close(), 50); });`,
      { eval: true },
    );
    await waiting.wait(FOR_EVER);
    expect(woken).toBe(false);
    waiting.close();
    other.notify();
    other.close();
    await thread.terminate();
  });

  it('wakes waiters of its own thread, at the latest after the time given', async () => {
    const signal = new ThreadSignal('/tmp/one.db');
    const waits = [signal.wait(FOR_EVER), signal.wait(1)];
    await waits[1];
    signal.notify();
    await waits[0];
    signal.close();
  });
});
