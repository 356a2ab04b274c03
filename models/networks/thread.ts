import { instantiateKernels, type Kernels } from '../../kernels/index.ts';
import { runTraining } from './training-loop.ts';
import type { TrainingSeat } from './training-seat.ts';

// Control block of a thread, in 32-bit words of the shared memory.
const STATE = 0;
const REQUEST = 1;
const REFUSED = 11;
/** Index of the float64 with the loss, in 64-bit words from the block's start. */
const LOSS = 6;

/** Words of a control block. */
export const CONTROL_WORDS = 16;

const IDLE = 0;
const BUSY = 1;
const STOPPED = 2;

/** Checks before a thread goes to sleep; a step's pieces usually come sooner. */
const SPINS = 20_000;

/** Arguments of `KernelFunctions.run`. */
export type RunArguments = Parameters<Kernels['functions']['run']>;

/** What a run ended with. */
export interface RunOutcome {
  readonly loss: number;
  readonly refusedPosition: number;
}

/** What a new thread must be handed: it calls `runThread` with it. */
export interface ThreadSeat {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Byte address of the thread's control block. */
  readonly control: number;
}

/**
 * How to start threads. Millrace's models know neither Node nor browsers, so the host says how: `spawn` starts a worker that calls `runThread(seat)`.
 *
 * @example
 * // Node: worker.ts is `import { runThread } from 'millrace/models'; import { workerData } from 'node:worker_threads'; runThread(workerData);`
 * compile(model, { ..., threads: { count: 2, spawn: (seat) => new Worker('./worker.ts', { workerData: seat }).unref() } });
 */
export interface ThreadOptions {
  /** Threads in all, the caller's among them. */
  readonly count: number;
  spawn(seat: ThreadSeat): void;
}

/** Serves a network, its shards or its training, until the network is closed. Blocks the worker that calls it. */
export function runThread(seat: ThreadSeat | TrainingSeat): void {
  if ('kind' in seat) runTraining(seat);
  else runShards(seat);
}

function runShards(seat: ThreadSeat): void {
  const { functions } = instantiateKernels(seat.module, seat.memory);
  const control = new Int32Array(seat.memory.buffer, seat.control, CONTROL_WORDS);
  const loss = new Float64Array(seat.memory.buffer, seat.control, CONTROL_WORDS / 2);
  for (;;) {
    const state = waitWhile(control, IDLE);
    if (state === STOPPED) return;
    const words = Array.from(control.subarray(REQUEST, REQUEST + 10)) as unknown as RunArguments;
    loss[LOSS] = functions.run(...words);
    control[REFUSED] = functions.refusedPosition();
    Atomics.store(control, STATE, IDLE);
    Atomics.notify(control, STATE);
  }
}

/** Waits until the state is another, and returns it. Sleeps only where the host allows it. */
function waitWhile(control: Int32Array, state: number): number {
  for (let i = 0; i < SPINS; i++) {
    const now = Atomics.load(control, STATE);
    if (now !== state) return now;
  }
  for (;;) {
    try {
      Atomics.wait(control, STATE, state, 1000);
    } catch {
      // The main thread of a browser may not sleep: it goes on looking.
    }
    const now = Atomics.load(control, STATE);
    if (now !== state) return now;
  }
}

/** The network's end of a thread. */
export class ThreadHandle {
  private readonly control: Int32Array;
  private readonly loss: Float64Array;

  constructor(memory: WebAssembly.Memory, control: number) {
    this.control = new Int32Array(memory.buffer, control, CONTROL_WORDS);
    this.loss = new Float64Array(memory.buffer, control, CONTROL_WORDS / 2);
  }

  /** Hands the thread a run. */
  start(request: RunArguments): void {
    for (let i = 0; i < request.length; i++) this.control[REQUEST + i] = request[i]!;
    Atomics.store(this.control, STATE, BUSY);
    Atomics.notify(this.control, STATE);
  }

  /** Waits for the run to end. */
  finish(): RunOutcome {
    waitWhile(this.control, BUSY);
    return { loss: this.loss[LOSS]!, refusedPosition: this.control[REFUSED]! };
  }

  stop(): void {
    Atomics.store(this.control, STATE, STOPPED);
    Atomics.notify(this.control, STATE);
  }
}
