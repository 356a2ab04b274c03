import type { KernelFunctions } from './kernel-functions.ts';
import { instantiateKernels } from './load-kernels.ts';
import { TrainingBlock, type TrainingSeat } from './training-block.ts';
import { runTraining } from './training-loop.ts';

/** Kernels that a thread may be asked to run; a request names one by its place in this list. */
const CALLS = [
  'run',
  'addInto',
  'largestMagnitudeBits',
  'sgdUpdate',
  'momentumUpdate',
  'adagradUpdate',
  'rmspropUpdate',
  'adamUpdate',
] as const;

/** Name of a kernel that a thread may be asked to run. */
export type ThreadCall = (typeof CALLS)[number];

// Control block of a thread, in 32-bit words of the shared memory, and in 64-bit words from RESULT on.
const STATE = 0;
const CALL = 1;
const REFUSED = 2;
const SERVED = 3;
const RESULT = 2;
const PARAMETERS = 3;
const MOST_PARAMETERS = 15;

/** 32-bit words of a control block. */
export const CONTROL_WORDS = 2 * (PARAMETERS + MOST_PARAMETERS);

const IDLE = 0;
/** A call waits; whoever changes this to RUNNING (the thread) or back to IDLE (the caller) runs it. */
const REQUESTED = 1;
const RUNNING = 2;
/** The thread takes no more calls. */
const STOPPED = 3;

/** Looks before a thread goes to sleep: some tenths of a millisecond. To be woken takes as long as a small mini-batch. */
const SPINS = 8_000;

/** What a call ended with: its value, and for `run` the position that it refused, or -1. */
export interface CallOutcome {
  readonly value: number;
  readonly refusedPosition: number;
}

/** What a new thread must be handed to serve calls. */
export interface ThreadSeat {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Byte address of the thread's control block. */
  readonly control: number;
  /** Present where the thread makes the network's steps instead of serving its calls. */
  readonly training?: TrainingSeat;
}

/** Serves a network until the network is closed: makes its steps, or the calls that it shares out. Blocks the worker that calls it. */
export function runThread(seat: ThreadSeat): void {
  if (seat.training === undefined) serveCalls(seat);
  else runTraining(seat.module, seat.memory, seat.training);
}

/** A thread has ended that should not have: a network that it trains hears of it. One whose calls it served makes them itself. */
export function threadFailed({ training }: ThreadSeat, thrown: unknown): void {
  if (training !== undefined) new TrainingBlock(training.shape, training.shared).fail(thrown);
}

function serveCalls(seat: ThreadSeat): void {
  const { functions } = instantiateKernels(seat.module, seat.memory);
  const control = new Int32Array(seat.memory.buffer, seat.control, CONTROL_WORDS);
  const numbers = new Float64Array(seat.memory.buffer, seat.control, CONTROL_WORDS / 2);
  for (;;) {
    if (waitWhile(control, IDLE) === STOPPED) return;
    // The caller may have taken the call back in the meantime.
    if (Atomics.compareExchange(control, STATE, REQUESTED, RUNNING) !== REQUESTED) continue;
    let next = STOPPED;
    try {
      numbers[RESULT] = call(functions, CALLS[control[CALL]!]!, numbers, PARAMETERS) ?? 0;
      control[REFUSED] = functions.refusedPosition();
      control[SERVED]!++;
      next = IDLE;
    } finally {
      Atomics.store(control, STATE, next);
      Atomics.notify(control, STATE);
    }
  }
}

/** The caller's end of a thread. */
export class ThreadHandle {
  private readonly functions: KernelFunctions;
  private readonly control: Int32Array;
  private readonly numbers: Float64Array;

  /** @param functions the caller's own instance over the same memory */
  constructor(functions: KernelFunctions, memory: WebAssembly.Memory, control: number) {
    this.functions = functions;
    this.control = new Int32Array(memory.buffer, control, CONTROL_WORDS);
    this.numbers = new Float64Array(memory.buffer, control, CONTROL_WORDS / 2);
    abandoned.register(this, this.control);
  }

  /** Calls that the thread itself has run so far. */
  get served(): number {
    return this.control[SERVED]!;
  }

  /** Hands the thread a call; `finish` must follow. */
  start(name: ThreadCall, parameters: readonly number[]): void {
    this.control[CALL] = CALLS.indexOf(name);
    for (let i = 0; i < parameters.length; i++) this.numbers[PARAMETERS + i] = parameters[i]!;
    // A thread that was stopped stays so: `finish` then runs the call.
    if (Atomics.compareExchange(this.control, STATE, IDLE, REQUESTED) === IDLE) Atomics.notify(this.control, STATE);
  }

  /** Waits for the call to end. One that the thread has not begun, because it still starts or sleeps, runs here: same memory, same bits. */
  finish(): CallOutcome {
    const { control, functions, numbers } = this;
    const found = Atomics.compareExchange(control, STATE, REQUESTED, IDLE);
    const state = found === RUNNING ? waitWhile(control, RUNNING) : found;
    if (state === IDLE) return this.outcome();
    numbers[RESULT] = call(functions, CALLS[control[CALL]!]!, numbers, PARAMETERS) ?? 0;
    control[REFUSED] = functions.refusedPosition();
    return this.outcome();
  }

  /** Ends the thread. Calls that follow run in `finish`. */
  stop(): void {
    stopThread(this.control);
  }

  private outcome(): CallOutcome {
    return { value: this.numbers[RESULT]!, refusedPosition: this.control[REFUSED]! };
  }
}

/** Threads that nobody stopped end when the handle is collected. */
const abandoned = new FinalizationRegistry(stopThread);

function stopThread(control: Int32Array): void {
  Atomics.store(control, STATE, STOPPED);
  Atomics.notify(control, STATE);
}

/** Runs a kernel on numbers from a control block: WebAssembly ignores those that it has no parameter for. */
function call(functions: KernelFunctions, name: ThreadCall, n: Float64Array, at: number): number | undefined {
  const kernel = functions[name] as (...parameters: readonly (number | undefined)[]) => number | undefined;
  return kernel(
    n[at],
    n[at + 1],
    n[at + 2],
    n[at + 3],
    n[at + 4],
    n[at + 5],
    n[at + 6],
    n[at + 7],
    n[at + 8],
    n[at + 9],
    n[at + 10],
    n[at + 11],
    n[at + 12],
    n[at + 13],
    n[at + 14],
  );
}

/** Tells the processor that a loop waits; not in every engine. */
const pause = (Atomics as { readonly pause?: () => void }).pause ?? (() => {});

/** Waits until the state is another, and returns it. Sleeps only where the host allows it. */
function waitWhile(control: Int32Array, state: number): number {
  for (let i = 0; i < SPINS; i++) {
    const now = Atomics.load(control, STATE);
    if (now !== state) return now;
    pause();
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
