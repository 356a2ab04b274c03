import { MillraceError, type StateReader, type StateWriter, type StepContext } from '../../streams/index.ts';
import type { Estimator, TrainingPart } from '../estimators/index.ts';
import { BesideSteps } from './beside-steps.ts';
import type { LearnSettings } from './learn-options.ts';
import { ReplayMemory } from './replay-memory.ts';
import { inUnit, ResidualScale } from './residual-scale.ts';
import { SampleQueue } from './sample-queue.ts';

/**
 * An estimator, the queue of samples that fills its mini-batches, the unit of its outputs and the samples it learns from again. Mini-batches
 * are cut by count alone: exactly `batchRows` samples a step, in the order in which they were completed.
 */
export class Trainer {
  readonly estimator: Estimator;
  readonly queue: SampleQueue;
  readonly #scale: ResidualScale | undefined;
  readonly #memory: ReplayMemory | undefined;
  readonly #replays: number;
  readonly #batchRows: number;
  readonly #mini: MiniBatch;
  /** Where another thread makes the steps. */
  readonly #beside: BesideSteps | undefined;

  constructor(settings: LearnSettings, step: StepContext) {
    const outputs = settings.leads.length;
    this.estimator = settings.estimator();
    if (this.estimator.outputSize !== outputs) {
      throw new MillraceError('INVALID_OPTION', `learn: the estimator has ${this.estimator.outputSize} outputs for ${outputs} leads`, {
        hint: 'give it one output per lead: output i forecasts lead i',
      });
    }
    const { batchRows, replay, residual } = settings;
    const { inputSize } = this.estimator;
    this.#batchRows = batchRows;
    this.#replays = replay?.steps ?? 0;
    this.queue = new SampleQueue(inputSize, outputs, batchRows * 2);
    this.#scale = residual ? new ResidualScale(outputs) : undefined;
    this.#memory = replay === undefined ? undefined : new ReplayMemory(inputSize, outputs, replay);
    this.#mini = {
      features: new Float32Array(replay === undefined ? 0 : batchRows * inputSize),
      labels: new Float64Array(batchRows * outputs),
      targets: new Float32Array(batchRows * outputs),
      weights: new Float32Array(batchRows * outputs),
    };
    const { beside } = settings;
    if (beside !== undefined) this.#beside = new BesideSteps(beside, this.estimator, step, { batchRows, replays: this.#replays });
  }

  /** True when a mini-batch is filled, beyond those put off. */
  get due(): boolean {
    return this.queue.rows >= this.#batchRows * (1 + (this.#beside?.held ?? 0));
  }

  /** Tells of a label before its sample is complete: the running scale takes each at once. */
  seeResidual(lead: number, residual: number): void {
    this.#scale?.add(lead, residual);
  }

  /**
   * Makes all steps that are due before the row with this ordinal; returns how many the estimator left out, because a mini-batch would have broken its weights.
   */
  step(ordinal: number): number {
    let skipped = 0;
    if (this.#beside !== undefined) {
      while (this.due) skipped += this.#stepBeside(this.#beside, ordinal);
      return skipped;
    }
    for (; this.due; this.queue.drop(this.#batchRows)) {
      this.#scale?.use();
      this.queue.targets(this.#batchRows, this.#mini.labels);
      skipped += this.#learn(this.queue.features(this.#batchRows));
      this.#memory?.keep(this.queue, this.#batchRows);
      for (let replay = 0; replay < this.#replays; replay++) {
        this.#memory?.draw(this.#batchRows, this.#mini.features, this.#mini.labels);
        skipped += this.#learn(this.#mini.features);
      }
    }
    return skipped;
  }

  /** Hands a mini-batch to the thread that trains, unless that is behind, and takes the outcome that is due; returns the steps that were left out in it. */
  #stepBeside(beside: BesideSteps, ordinal: number): number {
    const rows = (1 + beside.held) * this.#batchRows;
    const decision = beside.decide(ordinal);
    if (decision === 'coalesce') return 0;
    if (decision === 'learn') beside.post(this.#parts(rows), this.#scale?.running() ?? new Float64Array(0));
    else this.#memory?.keep(this.queue, rows);
    this.queue.drop(rows);
    const outcome = beside.advance();
    if (outcome === undefined) return 0;
    this.#scale?.use(outcome.unit);
    return outcome.skipped;
  }

  /** The oldest rows of the queue as a step, and the replays that belong to it. */
  #parts(rows: number): readonly TrainingPart[] {
    const labels = new Float64Array(rows * this.estimator.outputSize);
    this.queue.targets(rows, labels);
    const parts = [this.#part(this.queue.features(rows).slice(), labels, rows)];
    this.#memory?.keep(this.queue, rows);
    for (let replay = 0; replay < this.#replays; replay++) {
      this.#memory?.draw(this.#batchRows, this.#mini.features, this.#mini.labels);
      parts.push(this.#part(this.#mini.features.slice(), this.#mini.labels, this.#batchRows));
    }
    return parts;
  }

  #part(features: Float32Array, labels: Float64Array, rows: number): TrainingPart {
    const targets = new Float32Array(labels.length);
    const weights = new Float32Array(labels.length);
    const unit = this.#scale?.running();
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i] as number;
      if (Number.isNaN(label)) continue;
      weights[i] = 1;
      targets[i] = unit === undefined ? label : inUnit(label, unit[i % unit.length] as number);
    }
    return { rows, features, targets, weights };
  }

  /** One step on the labels of the mini-batch, which are in units of the target; a lead without a label has weight 0. */
  #learn(features: Float32Array): number {
    const { labels, targets, weights } = this.#mini;
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i] as number;
      const missing = Number.isNaN(label);
      weights[i] = missing ? 0 : 1;
      targets[i] = missing ? 0 : (this.#scale?.scaled(i % this.estimator.outputSize, label) ?? label);
    }
    return this.estimator.learnMany(features, targets, this.#batchRows, weights).skipped ? 1 : 0;
  }

  /** Forecasts in units of the target: `forecasts` receives rows x leads values at `offset`, on top of the baselines there. */
  predict(features: Float32Array, rows: number, baselines: Float64Array, forecasts: Float64Array, offset: number): void {
    const leads = this.estimator.outputSize;
    const outputs = this.estimator.predictMany(features, rows);
    for (let i = 0; i < rows * leads; i++) {
      const output = outputs[i] as number;
      if (!Number.isFinite(output)) {
        throw new MillraceError('MODEL_FAILED', `the estimator put out ${output} after ${this.estimator.steps} steps`, {
          hint: 'lower the learning rate, or clip gradients',
        });
      }
      const scale = this.#scale;
      forecasts[offset + i] = scale === undefined ? output : (baselines[offset + i] as number) + output * scale.of(i % leads);
    }
  }

  /** Samples and scales; the estimator's own state goes before them. */
  snapshot(out: StateWriter): void {
    this.queue.snapshot(out);
    this.#scale?.snapshot(out);
    this.#memory?.snapshot(out);
    this.#beside?.snapshot(out);
  }

  restore(input: StateReader): void {
    this.queue.restore(input);
    this.#scale?.restore(input);
    this.#memory?.restore(input);
    this.#beside?.restore(input);
  }

  /** Ends the thread that trains, if there is one. */
  close(): void {
    this.#beside?.close();
  }
}

/** Buffers of one optimizer step, batchRows of each. */
interface MiniBatch {
  readonly features: Float32Array;
  /** What is to be learned, in units of the target; NaN where no label came. */
  readonly labels: Float64Array;
  /** The same in units of the estimator's outputs. */
  readonly targets: Float32Array;
  readonly weights: Float32Array;
}
