import { MOST_UPDATE_CALLS, UPDATE_CALL_NUMBERS } from './update-calls.ts';

/** What a network's steps are made of when another thread makes them: plain data, all addresses in bytes of `memory`. */
export interface TrainingShape {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly heads: number;
  readonly shardRows: number;
  readonly seed: number;
  readonly clipNorm: number;
  /** Floats of the parameters, and of each of the optimizer's arrays. */
  readonly parameterFloats: number;
  readonly parameterBase: number;
  readonly slots: readonly number[];
  readonly gradients: number;
  readonly shardGradients: number;
  /** First byte and end of the training plan. */
  readonly plan: readonly [number, number];
  readonly stage: { readonly features: number; readonly targets: number; readonly weights: number; readonly scales: number };
  /** Jobs that are kept at once: the one whose outcome is in use, those that wait, and the next. */
  readonly jobs: number;
  /** Optimizer steps of a job. */
  readonly parts: number;
  /** Most rows of a step. */
  readonly mostRows: number;
}

/** Where a thread that makes a network's steps finds its jobs. */
export interface TrainingSeat {
  /** Jobs and their outcomes, see {@link TrainingBlock}. Not shared where the network's own thread makes the steps. */
  readonly shared: SharedArrayBuffer | ArrayBuffer;
  readonly shape: TrainingShape;
}

// Words of the control block.
const POSTED = 0;
const MADE = 1;
const STATUS = 2;
const SIGNS_OF_LIFE = 3;
const ERROR_BYTES = 4;
const WANTED = 5;
const CONTROL_BYTES = 64;

const RUNNING = 0;
const FAILED = 1;
const STOPPED = 2;

const MOST_ERROR_BYTES = 4000;
/** Numbers of a recorded update. */
const UPDATE_NUMBERS = 1 + MOST_UPDATE_CALLS * UPDATE_CALL_NUMBERS;

/** Checks before a thread goes to sleep: the next job or outcome is often close. */
const SPINS = 2000;
/** A sleeper looks up every so often, ms: a wake-up call may come just before it falls asleep. */
const NAP = 1000;

/** One step of a job, as it lies in the block. */
export interface PartBlock {
  /** Rows, kind of weights, 1 where any target has weight. */
  readonly header: Float64Array;
  readonly scales: Float32Array;
  readonly features: Float32Array;
  readonly targets: Float32Array;
  readonly weights: Float32Array;
}

/** What a job has come to. */
export interface OutcomeBlock {
  /** Steps and skipped steps of the network so far. */
  readonly counts: Float64Array;
  /** The parameters, then the optimizer's arrays. */
  readonly arrays: readonly Float32Array[];
}

/**
 * Memory that a network and the thread that trains it share: a control block, a ring of jobs with their outcomes, and a ring of optimizer updates by step. The network
 * posts jobs and reads outcomes, the thread does the reverse; a place of a ring is used again only once the network has given up what it held.
 */
export class TrainingBlock {
  readonly parts: readonly (readonly PartBlock[])[];
  readonly outcomes: readonly OutcomeBlock[];
  readonly updates: readonly Float64Array[];
  readonly #control: Int32Array;
  readonly #error: Uint8Array;

  constructor(shape: TrainingShape, shared: TrainingSeat['shared']) {
    const { jobs, parts, mostRows, inputSize, outputSize, heads, slots, parameterFloats } = shape;
    const place = new Places(shared);
    this.#control = new Int32Array(shared, place.take(CONTROL_BYTES), CONTROL_BYTES / 4);
    this.#error = new Uint8Array(shared, place.take(MOST_ERROR_BYTES), MOST_ERROR_BYTES);
    this.updates = Array.from({ length: jobs * parts }, () => place.doubles(UPDATE_NUMBERS));
    const part = (): PartBlock => ({
      header: place.doubles(3),
      scales: place.floats(heads),
      features: place.floats(mostRows * inputSize),
      targets: place.floats(mostRows * outputSize),
      weights: place.floats(mostRows * outputSize),
    });
    this.parts = Array.from({ length: jobs }, () => Array.from({ length: parts }, part));
    this.outcomes = Array.from({ length: jobs }, () => ({
      counts: place.doubles(2),
      arrays: Array.from({ length: 1 + slots.length }, () => place.floats(parameterFloats)),
    }));
  }

  /** Bytes that a block of this shape takes. */
  static bytes({ jobs, parts, mostRows, inputSize, outputSize, heads, slots, parameterFloats }: TrainingShape): number {
    const part = [3 * 8, heads * 4, mostRows * inputSize * 4, mostRows * outputSize * 4, mostRows * outputSize * 4];
    const outcome = [2 * 8, ...Array.from({ length: 1 + slots.length }, () => parameterFloats * 4)];
    const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + aligned(size), 0);
    const updates = jobs * parts * aligned(UPDATE_NUMBERS * 8);
    return sum([CONTROL_BYTES, MOST_ERROR_BYTES]) + updates + jobs * (parts * sum(part) + sum(outcome));
  }

  /** Jobs posted; the count wraps around. */
  get posted(): number {
    return Atomics.load(this.#control, POSTED);
  }

  /** Jobs made; the count wraps around. */
  get made(): number {
    return Atomics.load(this.#control, MADE);
  }

  /** Hands over the job at the next place. */
  post(): void {
    Atomics.add(this.#control, POSTED, 1);
  }

  /** Wakes the thread if it sleeps. That takes as long as a small step, so it is not done for each job. */
  wake(): void {
    Atomics.notify(this.#control, POSTED);
  }

  publish(): void {
    const made = Atomics.add(this.#control, MADE, 1) + 1;
    if (((made - Atomics.load(this.#control, WANTED)) | 0) === 0) Atomics.notify(this.#control, MADE);
  }

  /** The thread is at work: called for every shard. */
  live(): void {
    Atomics.add(this.#control, SIGNS_OF_LIFE, 1);
  }

  get signsOfLife(): number {
    return Atomics.load(this.#control, SIGNS_OF_LIFE);
  }

  /** What the thread failed with, if it did. */
  get failure(): string | undefined {
    if (Atomics.load(this.#control, STATUS) !== FAILED) return undefined;
    // A copy: decoders refuse shared memory.
    return new TextDecoder().decode(this.#error.slice(0, this.#control[ERROR_BYTES]));
  }

  fail(thrown: unknown): void {
    const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    const bytes = new TextEncoder().encode(text).subarray(0, MOST_ERROR_BYTES);
    this.#error.set(bytes);
    this.#control[ERROR_BYTES] = bytes.length;
    Atomics.compareExchange(this.#control, STATUS, RUNNING, FAILED);
    Atomics.notify(this.#control, MADE);
  }

  get stopped(): boolean {
    return Atomics.load(this.#control, STATUS) === STOPPED;
  }

  stop(): void {
    Atomics.store(this.#control, STATUS, STOPPED);
    Atomics.notify(this.#control, POSTED);
  }

  /** Waits, for a second at most, until there are more jobs posted than `count`. */
  awaitPosted(count: number): void {
    this.#await(POSTED, count);
  }

  /** Waits, for a second at most, until so many jobs are made. */
  awaitMade(wanted: number): void {
    Atomics.store(this.#control, WANTED, wanted | 0);
    const made = this.made;
    if (((made - wanted) | 0) < 0) this.#await(MADE, made);
  }

  #await(word: number, count: number): void {
    for (let i = 0; i < SPINS; i++) if (Atomics.load(this.#control, word) !== count) return;
    try {
      Atomics.wait(this.#control, word, count, NAP);
    } catch {
      // The main thread of a browser may not sleep: the caller looks again.
    }
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** Hands out the buffer piece by piece, each on cache lines of its own. */
class Places {
  readonly #buffer: TrainingSeat['shared'];
  #at = 0;

  constructor(buffer: TrainingSeat['shared']) {
    this.#buffer = buffer;
  }

  take(bytes: number): number {
    const at = this.#at;
    this.#at += aligned(bytes);
    return at;
  }

  floats(count: number): Float32Array {
    return new Float32Array(this.#buffer, this.take(count * 4), count);
  }

  doubles(count: number): Float64Array {
    return new Float64Array(this.#buffer, this.take(count * 8), count);
  }
}
