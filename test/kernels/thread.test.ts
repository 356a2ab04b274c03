import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { ARENA_START, createKernels, kernelModule, ThreadHandle } from '../../kernels/index.ts';

const WORKER = new URL('../../pipeline/network-thread.ts', import.meta.url);
const CONTROL = ARENA_START;
const WEIGHTS = ARENA_START + 1024;
const GRADIENTS = ARENA_START + 2048;

/** Memory with four weights of 1, their gradients 1 to 4, and a handle. */
function prepare(): { kernels: ReturnType<typeof createKernels>; thread: ThreadHandle; weights: () => number[] } {
  const kernels = createKernels(1, true);
  kernels.f32.set([1, 1, 1, 1], WEIGHTS / 4);
  kernels.f32.set([1, 2, 3, 4], GRADIENTS / 4);
  const thread = new ThreadHandle(kernels.functions, kernels.memory, CONTROL);
  return { kernels, thread, weights: () => [...kernels.f32.subarray(WEIGHTS / 4, WEIGHTS / 4 + 4)] };
}

const startWorker = (memory: WebAssembly.Memory) =>
  new Worker(WORKER, { workerData: { module: kernelModule(true), memory, control: CONTROL }, execArgv: [] });

const STEP = [4, WEIGHTS, GRADIENTS, 0.5, 0];

describe('a thread', () => {
  test('runs what it is handed, in the shared memory, and ends when it is stopped', async () => {
    const { kernels, thread, weights } = prepare();
    const worker = startWorker(kernels.memory);
    thread.start('sgdUpdate', STEP);
    while (thread.served === 0) await pause(5);
    expect(weights()).toEqual([0.5, 0, -0.5, -1]);
    expect(thread.finish()).toEqual({ value: 0, refusedPosition: -1 });
    expect(weights()).toEqual([0.5, 0, -0.5, -1]);
    thread.stop();
    expect(await once(worker, 'exit')).toEqual([0]);
  });

  test('that fails takes no more calls; the caller meets the error', async () => {
    const { kernels, thread, weights } = prepare();
    const worker = startWorker(kernels.memory);
    const failed = once(worker, 'error');
    const beyond = [4, 2 ** 31, GRADIENTS, 0.5, 0];
    thread.start('sgdUpdate', beyond);
    expect(String((await failed)[0])).toContain('out of bounds');
    expect(() => thread.finish()).toThrow('out of bounds');
    thread.start('sgdUpdate', STEP);
    thread.finish();
    expect(weights()).toEqual([0.5, 0, -0.5, -1]);
    expect(thread.served).toBe(0);
  });
});

describe('the caller', () => {
  test('runs what the thread has not begun, and the thread the next call', async () => {
    const { kernels, thread, weights } = prepare();
    thread.start('sgdUpdate', STEP);
    expect(weights()).toEqual([1, 1, 1, 1]);
    thread.finish();
    expect(weights()).toEqual([0.5, 0, -0.5, -1]);
    // The control block's state: idle, so that a thread that begins now does not run the call again.
    expect(new Int32Array(kernels.memory.buffer, CONTROL, 1)[0]).toBe(0);
    const worker = startWorker(kernels.memory);
    thread.start('sgdUpdate', STEP);
    while (thread.served === 0) await pause(5);
    thread.finish();
    expect(weights()).toEqual([0, -1, -2, -3]);
    await worker.terminate();
  });

  test('runs everything once the thread is stopped', () => {
    const { thread, weights } = prepare();
    thread.stop();
    for (let step = 0; step < 2; step++) {
      thread.start('sgdUpdate', STEP);
      thread.finish();
    }
    expect(weights()).toEqual([0, -1, -2, -3]);
  });
});
