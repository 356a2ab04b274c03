import { clipGradients, gradientsAreSafe } from '../../kernels/index.ts';
import { type Adoption, MillraceError } from '../../streams/index.ts';
import type { BesideTraining, TrainingBounds } from '../estimators/beside.ts';
import type { LearnResult } from '../estimators/estimator.ts';
import { Engine, type EngineParts, type Rows } from './engine.ts';
import { fittingLayers, optimizerOf } from './fitting-layers.ts';
import { headScales, type WeightKind, weightKindOf } from './loss-scales.ts';
import { NetworkBeside, type StepCounts } from './network-beside.ts';
import type { Parameter } from './parameter.ts';
import { requireFiniteTargets, requireLength, requireRows, requireWeights } from './requirements.ts';
import { shapeSize } from './shape.ts';
import { readForeignSnapshot, readSnapshot, type TensorPlace, writeSnapshot } from './snapshot.ts';
import { snapshotDifference } from './snapshot-difference.ts';

/** Everything `compile` decides. */
export interface NetworkParts extends EngineParts {
  readonly clipNorm: number;
  /** Most rows of one training call. */
  readonly maxBatch: number;
  /** Architecture in words: snapshots of another are refused. */
  readonly signature: string;
}

/**
 * A compiled model: an estimator whose parameters, optimizer state and activations lie in one arena, and whose training step is a few calls into
 * WebAssembly. Made by `compile`. Same seed and same calls give the same bits on every machine.
 */
export class Network {
  readonly inputSize: number;
  readonly outputSize: number;
  /** Trainable tensors in canonical order. */
  readonly parameters: readonly Parameter[];
  private readonly tensors: readonly TensorPlace[];
  private readonly parts: NetworkParts;
  private readonly engine: Engine;
  private beside: NetworkBeside | undefined;
  private stepCount = 0;
  private skippedCount = 0;

  constructor(parts: NetworkParts) {
    this.parts = parts;
    this.inputSize = parts.inputSize;
    this.outputSize = parts.outputSize;
    this.engine = new Engine(parts);
    this.parameters = this.engine.parameters;
    this.tensors = this.parameters.map(({ name, shape }) => [name, shape]);
    this.warmUp();
  }

  /** Optimizer steps so far: the model version that predictions carry. */
  get steps(): number {
    return this.stepCount;
  }

  /** Steps left out because the loss or a gradient overflowed. */
  get skippedSteps(): number {
    return this.skippedCount;
  }

  /** What `compile` was given, and what it derived. */
  get description(): NetworkParts {
    return this.parts;
  }

  /** Bytes of the arena: parameters, optimizer state, gradients and the activations of one shard per thread. */
  get memoryBytes(): number {
    return this.engine.kernels.memory.buffer.byteLength;
  }

  /**
   * @param features rows x inputSize, row-major
   * @returns rows x outputSize, row-major, a new array
   * @throws MillraceError MODEL_FAILED when a feature is NaN or infinite, naming row and column
   */
  predictMany(features: Float32Array, rows: number): Float32Array {
    requireRows(rows);
    requireLength('features', features, rows, this.inputSize);
    const predictions = new Float32Array(rows * this.outputSize);
    if (!this.engine.predict({ count: rows, features, weightKind: 0 }, predictions)) this.refuse(features);
    return predictions;
  }

  /**
   * One optimizer step on exactly these rows.
   *
   * @param features rows x inputSize, row-major
   * @param targets rows x outputSize, row-major; targets of weight 0 are ignored
   * @param weights rows x outputSize or one per row, none negative; absent: all 1
   * @returns the loss before the step; `skipped` when the step was left out and the parameters are as they were
   * @throws MillraceError MODEL_FAILED when a feature or a weighted target is NaN or infinite, naming the row; parameters are as they were
   */
  learnMany(features: Float32Array, targets: Float32Array, rows: number, weights?: Float32Array): LearnResult {
    if (rows > this.parts.maxBatch)
      throw new MillraceError('INVALID_OPTION', `a mini-batch of ${rows} rows is over maxBatch, ${this.parts.maxBatch}`);
    const loss = this.lossOver(features, targets, rows, weights, 'training');
    if (loss === undefined) return { loss: 0, skipped: true };
    if (!gradientsAreSafe(this.engine.updateFunctions, loss, this.engine.gradients, this.parts.parameterFloats)) {
      requireFiniteTargets(targets, this.outputSize, rows, weights);
      this.skippedCount++;
      return { loss, skipped: true };
    }
    this.update(this.parts.parameterFloats);
    this.stepCount++;
    return { loss, skipped: false };
  }

  /** Loss on rows without learning from them; dropout is off. */
  evaluate(features: Float32Array, targets: Float32Array, rows: number, weights?: Float32Array): number {
    return this.lossOver(features, targets, rows, weights, 'evaluation') ?? 0;
  }

  /**
   * Loss and gradients without a step, for checks and for training loops of one's own.
   *
   * @returns the loss and dJ/dp for every parameter, canonical (unpadded, row-major), by name
   */
  gradientsOf(
    features: Float32Array,
    targets: Float32Array,
    rows: number,
    weights?: Float32Array,
  ): { loss: number; gradients: Map<string, Float32Array> } {
    const loss = this.lossOver(features, targets, rows, weights, 'training') ?? 0;
    return { loss, gradients: this.named(this.engine.gradients) };
  }

  /** Values of every parameter by name, canonical. Copies. */
  weights(): Map<string, Float32Array> {
    return this.named(this.engine.parameterBase);
  }

  /** Sets parameters by name; those not named stay. Optimizer state and steps stay too. */
  setWeights(values: ReadonlyMap<string, Float32Array>): void {
    for (const [name, given] of values) this.requireValues(name, given);
    for (const parameter of this.parameters) {
      const given = values.get(parameter.name);
      if (given !== undefined) this.engine.write(this.engine.parameterBase, parameter, given);
    }
  }

  /** Weights, optimizer state, step count and random state as canonical bytes: equal states give equal bytes. */
  snapshot(): Uint8Array {
    this.beside?.complete();
    const { signature, seed } = this.parts;
    const arrays = [this.engine.parameterBase, ...this.engine.slots].map((base) => this.engine.read(base));
    const { tensors } = this;
    return writeSnapshot({ signature, seed, steps: this.stepCount, skipped: this.skippedCount, tensors, arrays });
  }

  /**
   * Goes on from a snapshot of the same architecture, optimizer and seed.
   *
   * @throws MillraceError STATE_INCOMPATIBLE or STORE_DAMAGED; the network is then as it was
   */
  restore(bytes: Uint8Array): void {
    const { signature, seed } = this.parts;
    const bases = [this.engine.parameterBase, ...this.engine.slots];
    const state = readSnapshot(bytes, { signature, seed, tensors: this.tensors, arrays: bases.length });
    bases.forEach((base, array) => {
      for (const [index, parameter] of this.parameters.entries()) this.engine.write(base, parameter, state.arrays[array]![index]!);
    });
    this.stepCount = state.steps;
    this.skippedCount = state.skipped;
  }

  /**
   * Takes over what fits of a snapshot of another network: the layers whose parameters have the same names and shapes, with what the optimizer knows of them unless it is another one.
   * Steps are counted on; the other layers stay as they are.
   *
   * @returns the layers that were taken, and those that were not
   * @throws MillraceError STATE_INCOMPATIBLE or STORE_DAMAGED; the network is then as it was
   */
  adopt(bytes: Uint8Array): Adoption {
    const state = readForeignSnapshot(bytes);
    const { kept, fresh, places } = fittingLayers(this.parameters, state);
    const { optimizer, signature } = this.parts;
    const sameOptimizer = optimizerOf(state.signature) === optimizerOf(signature) && state.arrays.length === 1 + optimizer.slots;
    const bases = [this.engine.parameterBase, ...(sameOptimizer ? this.engine.slots : [])];
    bases.forEach((base, array) => {
      places.forEach((place, index) => {
        if (place >= 0) this.engine.write(base, this.parameters[index]!, state.arrays[array]![place]!);
      });
    });
    if (kept.length > 0) {
      this.stepCount = state.steps;
      this.skippedCount = state.skipped;
    }
    return { kept, fresh: sameOptimizer || kept.length === 0 ? fresh : [...fresh, 'optimizer'] };
  }

  /** The first weight in which two snapshots of this network differ, in words; undefined when they are equal. */
  difference(again: Uint8Array, stored: Uint8Array): string | undefined {
    return snapshotDifference(again, stored);
  }

  /**
   * Trains this network in another thread, from its present state on: see {@link BesideTraining}. Where the program has not said how threads are started (`provideThreads`), jobs are
   * made in the caller's thread, with the same bits.
   *
   * @throws MillraceError INVALID_OPTION for an optimizer of one's own that reads values while it updates
   */
  trainBeside(options: TrainingBounds): BesideTraining {
    const counts = { steps: this.stepCount, skipped: this.skippedCount };
    const onAdvance = ({ steps, skipped }: StepCounts): void => {
      this.stepCount = steps;
      this.skippedCount = skipped;
    };
    this.beside = new NetworkBeside({ engine: this.engine, parts: this.parts, counts, onAdvance }, options);
    return this.beside;
  }

  /** Shards and pieces of updates that threads other than the caller's have worked out so far. */
  get threadCalls(): number {
    return this.engine.threadCalls;
  }

  /** Ends the network's threads, if it has any; it goes on in the caller's. A network that nobody uses any more ends them by itself. */
  close(): void {
    this.engine.close();
  }

  /** Undefined when no target has any weight. */
  private lossOver(
    features: Float32Array,
    targets: Float32Array,
    rows: number,
    weights: Float32Array | undefined,
    plan: 'training' | 'evaluation',
  ): number | undefined {
    requireRows(rows);
    requireLength('features', features, rows, this.inputSize);
    requireLength('targets', targets, rows, this.outputSize);
    const weightKind: WeightKind = weights === undefined ? 0 : weightKindOf(weights, rows, this.outputSize);
    if (weights !== undefined) requireWeights(weights, weightKind === 1 ? 1 : this.outputSize);
    if (!headScales(this.parts.heads, rows, weights, weightKind, this.outputSize, this.engine.scales)) return undefined;
    const batch: Rows =
      weights === undefined ? { count: rows, features, targets, weightKind } : { count: rows, features, targets, weights, weightKind };
    return this.engine.loss(batch, plan, this.stepCount) ?? this.refuse(features);
  }

  /**
   * One step on a row of zeros whose update reaches no parameter: engines compile a function when it is first called, and that should not
   * hold up the first step. The parameters are still zero here, too.
   */
  private warmUp(): void {
    const features = new Float32Array(this.inputSize);
    const loss = this.lossOver(features, new Float32Array(this.outputSize), 1, undefined, 'training');
    if (gradientsAreSafe(this.engine.updateFunctions, loss ?? 0, this.engine.gradients, 0)) this.update(0);
    this.predictMany(features, 1);
  }

  /** Updates the first `count` floats of the parameters. */
  private update(count: number): void {
    const { gradients, kernels, parameterBase: parameters, slots, updateFunctions } = this.engine;
    const { functions } = kernels;
    const { clipNorm, optimizer } = this.parts;
    clipGradients(functions, gradients, count, clipNorm);
    optimizer.update({ functions: updateFunctions, count, parameters, gradients, slots, step: this.stepCount });
  }

  private refuse(features: Float32Array): never {
    const { kind, row, column } = this.engine.refusal!;
    if (kind === 'token') {
      const message = `row ${row} holds a token that is not a whole number within its embedding's vocabulary`;
      throw new MillraceError('MODEL_FAILED', `${message}; parameters are unchanged`);
    }
    const value = features[row * this.inputSize + column];
    throw new MillraceError('MODEL_FAILED', `feature ${column} of row ${row} is ${value}; parameters are unchanged`, {
      hint: 'impute or drop such rows before the model',
    });
  }

  private requireValues(name: string, given: Float32Array): void {
    const parameter = this.parameters.find((candidate) => candidate.name === name);
    const wanted = parameter && shapeSize(parameter.shape);
    const reject = (reason: string): never => {
      throw new MillraceError('INVALID_OPTION', `cannot set weights '${name}': ${reason}`);
    };
    if (wanted === undefined) reject(`the parameters are ${this.parameters.map((candidate) => candidate.name).join(', ')}`);
    if (given.length !== wanted) reject(`it has ${wanted} values, given ${given.length}`);
    const wrong = given.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) reject(`value ${wrong} is ${given[wrong]}`);
  }

  private named(base: number): Map<string, Float32Array> {
    const values = this.engine.read(base);
    return new Map(this.parameters.map((parameter, index) => [parameter.name, values[index]!]));
  }
}
