import {
  kernelModule,
  providedThreads,
  type SpawnThread,
  TrainingBlock,
  TrainingLoop,
  type TrainingSeat,
  type TrainingShape,
} from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { BesideTraining, TrainingBounds, TrainingPart } from '../estimators/beside.ts';
import { Engine } from './engine.ts';
import { headScales, weightKindOf } from './loss-scales.ts';
import type { NetworkParts } from './network.ts';
import { recordUpdate } from './update-recorder.ts';

/** Waits without a sign of life, of a second each, after which the thread is given up. */
const MOST_SILENT_WAITS = 60;

/** Steps and skipped steps of a network. */
export interface StepCounts {
  readonly steps: number;
  readonly skipped: number;
}

/** What a network lends to the training beside it. */
export interface BesideParts {
  readonly engine: Engine;
  readonly parts: NetworkParts;
  readonly counts: StepCounts;
  /** Told when the network has gone on to the outcome of a job. */
  onAdvance(counts: StepCounts): void;
}

/**
 * Trains a network in another thread: a second engine in shared memory, which the thread drives. The network's own engine predicts, and takes over parameters when it is told to.
 */
export class NetworkBeside implements BesideTraining {
  readonly #lent: BesideParts;
  readonly #trained: Engine;
  readonly #shape: TrainingShape;
  readonly #block: TrainingBlock;
  /** Makes jobs here, where no thread does. */
  readonly #loop: TrainingLoop | undefined;
  #counts: StepCounts;
  /** Jobs posted, and jobs whose outcome the network has. */
  #posted = 0;
  #taken = 0;
  /** Updates are written down up to this step. */
  #recorded: number;
  #complete = true;

  constructor(lent: BesideParts, options: TrainingBounds) {
    const { maxBatch } = lent.parts;
    if (options.mostRows > maxBatch) {
      throw new MillraceError('INVALID_OPTION', `training beside may make steps of ${options.mostRows} rows, over maxBatch, ${maxBatch}`, {
        hint: "raise maxBatch, or leave out whenBehind 'coalesce', whose steps are up to eight mini-batches",
      });
    }
    this.#lent = lent;
    this.#counts = lent.counts;
    this.#recorded = lent.counts.steps;
    const spawn = options.thread ? providedThreads() : undefined;
    this.#trained = trainedEngine(lent.parts, spawn);
    this.#shape = shapeOf(this.#trained, lent.parts, options);
    const bytes = TrainingBlock.bytes(this.#shape);
    const shared = spawn === undefined ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
    this.#block = new TrainingBlock(this.#shape, shared);
    this.#block.outcomes[0]!.counts.set([lent.counts.steps, lent.counts.skipped]);
    this.#copyState();
    this.#loop = this.#start({ shared, shape: this.#shape }, spawn);
  }

  #start(training: TrainingSeat, spawn: SpawnThread | undefined): TrainingLoop | undefined {
    const { memory } = this.#trained.kernels;
    const module = kernelModule(spawn !== undefined);
    if (spawn === undefined) return new TrainingLoop(module, memory, training);
    spawn({ module, memory, control: this.#trained.ownLane.control, training });
    return undefined;
  }

  /** The network's state is where training begins. */
  #copyState(): void {
    const { engine } = this.#lent;
    const bases = [engine.parameterBase, ...engine.slots];
    const { parameterFloats, parameterBase, slots } = this.#shape;
    for (const [index, to] of [parameterBase, ...slots].entries()) {
      const from = bases[index]! / 4;
      this.#trained.kernels.f32.set(engine.kernels.f32.subarray(from, from + parameterFloats), to / 4);
    }
  }

  post(parts: readonly TrainingPart[]): void {
    const { heads, outputSize } = this.#lent.parts;
    this.#posted++;
    const blocks = this.#block.parts[this.#posted % this.#shape.jobs]!;
    for (const [index, { rows, features, targets, weights }] of parts.entries()) {
      const block = blocks[index]!;
      const kind = weightKindOf(weights, rows, outputSize);
      const any = headScales(heads, rows, weights, kind, outputSize, block.scales);
      block.header.set([rows, kind, any ? 1 : 0]);
      block.features.set(features);
      block.targets.set(targets);
      block.weights.set(weights);
    }
    this.#record();
    this.#block.post();
    if (this.#loop !== undefined) this.#loop.make();
    else if (this.#unmade >= Math.ceil((this.#shape.jobs - 2) / 2)) this.#block.wake();
  }

  /** Jobs posted that are not made. Counts in shared memory wrap around; their difference does not. */
  get #unmade(): number {
    return (this.#posted - this.#block.made) | 0;
  }

  /** Writes down the updates that the jobs that wait may come to. */
  #record(): void {
    const { optimizer, parameterFloats: count } = this.#lent.parts;
    const { gradients, parameterBase: parameters, slots } = this.#shape;
    const end = this.#counts.steps + (this.#posted - this.#taken) * this.#shape.parts;
    for (; this.#recorded < end; this.#recorded++) {
      const into = this.#block.updates[this.#recorded % this.#block.updates.length]!;
      recordUpdate(optimizer, { count, parameters, gradients, slots, step: this.#recorded }, into);
    }
  }

  isMade(): boolean {
    this.#refuseFailure();
    return this.#made;
  }

  get #made(): boolean {
    return this.#posted - this.#taken > this.#unmade;
  }

  advance(): number {
    this.#awaitMade();
    this.#taken++;
    const { counts, arrays } = this.#block.outcomes[this.#taken % this.#shape.jobs]!;
    const { engine, onAdvance } = this.#lent;
    engine.kernels.f32.set(arrays[0]!, engine.parameterBase / 4);
    this.#complete = false;
    const skipped = counts[1]! - this.#counts.skipped;
    this.#counts = { steps: counts[0]!, skipped: counts[1]! };
    onAdvance(this.#counts);
    return skipped;
  }

  /** Once it has to wait, it waits until half of the jobs are made: to be woken for each takes longer than a small step. */
  #awaitMade(): void {
    if (this.#made) return;
    this.#block.wake();
    const wanted = this.#taken + Math.ceil((this.#posted - this.#taken) / 2);
    let silent = 0;
    for (let seen = this.#block.signsOfLife; ((this.#block.made - wanted) | 0) < 0; ) {
      this.#refuseFailure();
      this.#block.awaitMade(wanted);
      const now = this.#block.signsOfLife;
      silent = now === seen ? silent + 1 : 0;
      seen = now;
      if (silent > MOST_SILENT_WAITS) this.#refuseSilence();
    }
  }

  #refuseSilence(): never {
    throw new MillraceError('TIMEOUT', `the thread that trains the network has shown no sign of life for ${MOST_SILENT_WAITS} s`, {
      hint: 'it may not have started, or be out of memory: leave out beside, or lower lag and batchRows',
    });
  }

  #refuseFailure(): void {
    const { failure } = this.#block;
    if (failure === undefined) return;
    throw new MillraceError('MODEL_FAILED', `the thread that trains the network failed: ${failure.split('\n')[0]}`, {
      cause: new Error(failure),
    });
  }

  /** Gives the network what a snapshot needs beside the parameters. */
  complete(): void {
    if (this.#complete) return;
    this.#complete = true;
    const { engine } = this.#lent;
    const [, ...moments] = this.#block.outcomes[this.#taken % this.#shape.jobs]!.arrays;
    for (const [index, values] of moments.entries()) engine.kernels.f32.set(values, engine.slots[index]! / 4);
  }

  close(): void {
    this.#block.stop();
    this.#trained.close();
  }
}

/** One lane: with several, the calling thread would have to be the one that trains. */
function trainedEngine({ threads: _, ...parts }: NetworkParts, spawn: SpawnThread | undefined): Engine {
  return new Engine(spawn === undefined ? parts : { ...parts, threads: { count: 1, spawn } });
}

function shapeOf(engine: Engine, parts: NetworkParts, { jobs, parts: steps, mostRows }: TrainingBounds): TrainingShape {
  const { inputSize, outputSize, shardRows, seed, clipNorm, parameterFloats, heads } = parts;
  const { parameterBase, slots, gradients } = engine;
  const { plans, shardGradients, layout } = engine.ownLane;
  const { features, targets, weights, scales } = layout.stage;
  return {
    ...{ inputSize, outputSize, shardRows, seed, clipNorm, parameterFloats, heads: heads.length },
    ...{ parameterBase, slots, gradients, shardGradients, plan: plans.training },
    stage: { features, targets, weights, scales },
    // Beside those that wait, the one whose outcome is in use keeps its place.
    jobs: jobs + 1,
    parts: steps,
    mostRows,
  };
}
