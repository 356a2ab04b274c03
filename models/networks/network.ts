import { createKernels, type Kernels } from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { LearnResult } from '../estimators/estimator.ts';
import type { Model } from './graph.ts';
import { type Head, type Layout, layOut } from './layout.ts';
import { headScales, type WeightKind, weightKindOf } from './loss-scales.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { type Parameter, readPadded, writePadded } from './parameter.ts';
import { Arena } from './plan-builder.ts';
import { requireFiniteTargets, requireLength, requireRows, requireWeights } from './requirements.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';

/** Gradients beyond this would overflow when squared in the optimizers' moments: the step is skipped. */
const LARGEST_GRADIENT = 1e18;
const LARGEST_GRADIENT_BITS = new Uint32Array(new Float32Array([LARGEST_GRADIENT]).buffer)[0]!;

/** Everything `compile` decides. */
export interface NetworkParts {
  readonly model: Model;
  readonly heads: readonly Head[];
  readonly optimizer: Optimizer;
  readonly seed: number;
  readonly clipNorm: number;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly shardRows: number;
  readonly scratchFloats: number;
  readonly parameterFloats: number;
  /** Architecture in words: snapshots of another are refused. */
  readonly signature: string;
}

/** Byte addresses of the flat arrays and plans. */
interface Addresses {
  readonly parameters: number;
  readonly slots: readonly number[];
  readonly gradients: number;
  readonly shardGradients: number;
  readonly training: number;
  readonly trainingEnd: number;
  readonly prediction: number;
  readonly predictionEnd: number;
}

/**
 * A compiled model: an estimator whose parameters, optimizer state and activations lie in one arena, and whose training step is two calls into WebAssembly.
 * Made by `compile`. Same seed and same calls give the same bits on every machine.
 */
export class Network {
  readonly inputSize: number;
  readonly outputSize: number;
  /** Trainable tensors in canonical order. */
  readonly parameters: readonly Parameter[];
  private readonly parts: NetworkParts;
  private readonly layout: Layout;
  private readonly kernels: Kernels;
  private readonly at: Addresses;
  private readonly scales: Float32Array;
  private stepCount = 0;
  private skippedCount = 0;

  constructor(parts: NetworkParts) {
    this.parts = parts;
    this.inputSize = parts.inputSize;
    this.outputSize = parts.outputSize;
    const { at, layout, bytes } = placeArrays(parts);
    this.layout = layout;
    this.at = at;
    this.parameters = layout.parameters;
    this.kernels = createKernels(bytes);
    this.kernels.u32.set(layout.trainingPlan, at.training / 4);
    this.kernels.u32.set(layout.predictionPlan, at.prediction / 4);
    this.scales = this.kernels.f32.subarray(layout.stage.scales / 4, layout.stage.scales / 4 + parts.heads.length);
    parts.optimizer.init(at.slots.map((address) => this.floats(address)));
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

  /**
   * @param features rows x inputSize, row-major
   * @returns rows x outputSize, row-major, a new array
   * @throws MillraceError MODEL_FAILED when a feature is NaN or infinite, naming row and column
   */
  predictMany(features: Float32Array, rows: number): Float32Array {
    requireRows(rows);
    requireLength('features', features, rows, this.inputSize);
    const { f32, functions } = this.kernels;
    const { stage } = this.layout;
    const { shardRows } = this.parts;
    const predictions = new Float32Array(rows * this.outputSize);
    for (let first = 0; first < rows; first += shardRows) {
      const count = Math.min(shardRows, rows - first);
      this.stageRows(features, stage.features, first, count, this.inputSize, rows);
      const outcome = functions.run(this.at.prediction, this.at.predictionEnd, count, 0, stage.scales, 0, 0, first, 0, 0);
      if (outcome < 0) this.refuseInput(first, outcome);
      const from = stage.outputs / 4;
      predictions.set(f32.subarray(from, from + count * this.outputSize), first * this.outputSize);
    }
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
    const loss = this.accumulate(features, targets, rows, weights);
    if (loss === undefined) return { loss: 0, skipped: true };
    if (!this.gradientsAreSafe(loss)) {
      requireFiniteTargets(targets, this.outputSize, rows, weights);
      this.skippedCount++;
      return { loss, skipped: true };
    }
    this.update();
    return { loss, skipped: false };
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
    const loss = this.accumulate(features, targets, rows, weights) ?? 0;
    const base = this.at.gradients / 4;
    const gradients = new Map(this.parameters.map((parameter) => [parameter.name, readPadded(parameter, this.kernels.f32, base)]));
    return { loss, gradients };
  }

  /** Values of every parameter by name, canonical. Copies. */
  weights(): Map<string, Float32Array> {
    const base = this.at.parameters / 4;
    return new Map(this.parameters.map((parameter) => [parameter.name, readPadded(parameter, this.kernels.f32, base)]));
  }

  /** Sets parameters by name; those not named stay. Optimizer state and steps stay too. */
  setWeights(values: ReadonlyMap<string, Float32Array>): void {
    for (const [name, given] of values) {
      const parameter = this.parameters.find((candidate) => candidate.name === name);
      const wanted = parameter === undefined ? 0 : parameter.rows * parameter.blocks * parameter.units;
      if (parameter === undefined || given.length !== wanted) {
        const reason = parameter === undefined ? 'no such parameter' : `it has ${wanted} values, given ${given.length}`;
        throw new MillraceError('INVALID_OPTION', `cannot set weights '${name}': ${reason}`);
      }
      const wrong = given.findIndex((value) => !Number.isFinite(value));
      if (wrong >= 0) throw new MillraceError('INVALID_OPTION', `cannot set weights '${name}': value ${wrong} is ${given[wrong]}`);
      writePadded(parameter, given, this.kernels.f32, this.at.parameters / 4);
    }
  }

  /** Weights, optimizer state, step count and random state as canonical bytes: equal states give equal bytes. */
  snapshot(): Uint8Array {
    const { f32 } = this.kernels;
    const arrays = [this.at.parameters, ...this.at.slots].map((address) =>
      this.parameters.map((parameter) => readPadded(parameter, f32, address / 4)),
    );
    return writeSnapshot({
      signature: this.parts.signature,
      seed: this.parts.seed,
      steps: this.stepCount,
      skipped: this.skippedCount,
      arrays,
    });
  }

  /**
   * Goes on from a snapshot of the same architecture and optimizer.
   *
   * @throws MillraceError STATE_INCOMPATIBLE or STORE_DAMAGED; the network is then as it was
   */
  restore(bytes: Uint8Array): void {
    const sizes = this.parameters.map((parameter) => parameter.rows * parameter.blocks * parameter.units);
    const state = readSnapshot(bytes, { signature: this.parts.signature, seed: this.parts.seed, sizes, arrays: 1 + this.at.slots.length });
    [this.at.parameters, ...this.at.slots].forEach((address, index) => {
      this.parameters.forEach((parameter, p) => {
        writePadded(parameter, state.arrays[index]![p]!, this.kernels.f32, address / 4);
      });
    });
    this.stepCount = state.steps;
    this.skippedCount = state.skipped;
  }

  /** Sums the mini-batch's gradients shard by shard; undefined when no target has any weight. */
  private accumulate(features: Float32Array, targets: Float32Array, rows: number, weights?: Float32Array): number | undefined {
    requireRows(rows);
    requireLength('features', features, rows, this.inputSize);
    requireLength('targets', targets, rows, this.outputSize);
    const kind = weights === undefined ? 0 : weightKindOf(weights, rows, this.outputSize);
    if (weights !== undefined) requireWeights(weights, kind === 1 ? 1 : this.outputSize);
    if (rows === 0 || !headScales(this.parts.heads, rows, weights, kind, this.outputSize, this.scales)) return undefined;
    let loss = 0;
    for (let first = 0; first < rows; first += this.parts.shardRows) {
      loss += this.runShard(features, targets, rows, weights, kind, first);
    }
    return loss;
  }

  private runShard(
    features: Float32Array,
    targets: Float32Array,
    rows: number,
    weights: Float32Array | undefined,
    kind: WeightKind,
    first: number,
  ): number {
    const { at, kernels, layout, parts } = this;
    const { stage } = layout;
    const count = Math.min(parts.shardRows, rows - first);
    this.stageRows(features, stage.features, first, count, this.inputSize, rows);
    this.stageRows(targets, stage.targets, first, count, this.outputSize, rows);
    if (weights !== undefined) this.stageRows(weights, stage.weights, first, count, kind === 1 ? 1 : this.outputSize, rows);
    const gradients = first === 0 ? at.gradients : at.shardGradients;
    const loss = kernels.functions.run(
      at.training,
      at.trainingEnd,
      count,
      gradients - at.parameters,
      stage.scales,
      weights === undefined ? 0 : stage.weights,
      kind,
      first,
      parts.seed >>> 0,
      this.stepCount,
    );
    if (loss < 0) this.refuseInput(first, loss);
    if (first > 0) kernels.functions.addInto(at.shardGradients, at.gradients, parts.parameterFloats);
    return loss;
  }

  private gradientsAreSafe(loss: number): boolean {
    if (!Number.isFinite(loss)) return false;
    return this.kernels.functions.largestMagnitudeBits(this.at.gradients, this.parts.parameterFloats) <= LARGEST_GRADIENT_BITS;
  }

  private update(): void {
    const { functions } = this.kernels;
    const { gradients, parameters, slots } = this.at;
    const { clipNorm, optimizer, parameterFloats: count } = this.parts;
    if (clipNorm < Number.POSITIVE_INFINITY) {
      const norm = Math.sqrt(functions.sumOfSquares(gradients, count));
      if (norm > clipNorm) functions.scaleBy(gradients, count, clipNorm / (norm + 1e-6));
    }
    optimizer.update({ functions, count, parameters, gradients, slots, step: this.stepCount });
    this.stepCount++;
  }

  /** Copies a shard's rows into the arena. */
  private stageRows(values: Float32Array, address: number, first: number, count: number, width: number, rows: number): void {
    const { f32 } = this.kernels;
    const at = address / 4;
    const length = count * width;
    if (length <= 16) for (let i = 0; i < length; i++) f32[at + i] = values[first * width + i]!;
    else if (count === rows && values.length === length) f32.set(values, at);
    else f32.set(values.subarray(first * width, first * width + length), at);
  }

  /** Explains what a run refused: -1 a value that is not finite, -2 a token that no embedding has. */
  private refuseInput(first: number, outcome: number): never {
    const position = this.kernels.functions.refusedPosition();
    if (outcome === -2) {
      const message = `row ${first + position} holds a token that is not a whole number within its embedding's vocabulary`;
      throw new MillraceError('MODEL_FAILED', `${message}; parameters are unchanged`);
    }
    const row = first + Math.floor(position / this.inputSize);
    const column = position % this.inputSize;
    const value = this.kernels.f32[this.layout.stage.features / 4 + position];
    throw new MillraceError('MODEL_FAILED', `feature ${column} of row ${row} is ${value}; parameters are unchanged`, {
      hint: 'impute or drop such rows before the model',
    });
  }

  private floats(address: number): Float32Array {
    return this.kernels.f32.subarray(address / 4, address / 4 + this.parts.parameterFloats);
  }
}

/** Parameters, slots, gradients, then the activations and the plans behind them. */
function placeArrays(parts: NetworkParts): { at: Addresses; layout: Layout; bytes: number } {
  const { parameterFloats: count } = parts;
  const arena = new Arena(1024);
  const parameters = arena.allocate(count);
  const slots = Array.from({ length: parts.optimizer.slots }, () => arena.allocate(count));
  const gradients = arena.allocate(count);
  const shardGradients = arena.allocate(count);
  const { model, heads, scratchFloats, shardRows: rows } = parts;
  const layout = layOut({ model, heads, rows, scratchFloats, parameterBase: parameters, start: arena.top });
  const plans = new Arena(layout.end);
  const training = plans.allocate(layout.trainingPlan.length);
  const prediction = plans.allocate(layout.predictionPlan.length);
  const at = {
    parameters,
    slots,
    gradients,
    shardGradients,
    training,
    trainingEnd: training + layout.trainingPlan.length * 4,
    prediction,
    predictionEnd: prediction + layout.predictionPlan.length * 4,
  };
  return { at, layout, bytes: plans.top };
}
