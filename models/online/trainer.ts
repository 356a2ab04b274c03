import { MillraceError, type StateReader, type StateWriter } from '../../streams/index.ts';
import type { Estimator } from '../estimators/index.ts';
import type { LearnSettings } from './learn-options.ts';
import { ResidualScale } from './residual-scale.ts';
import { SampleQueue } from './sample-queue.ts';

/**
 * An estimator, the queue of samples that fills its mini-batches and the unit of its outputs. Mini-batches are cut by count alone:
 * exactly `batchRows` samples a step, in the order in which they were completed.
 */
export class Trainer {
  readonly estimator: Estimator;
  readonly queue: SampleQueue;
  /** Optimizer steps that the estimator left out, because a mini-batch would have broken its weights. */
  skippedSteps = 0;
  readonly #scale: ResidualScale | undefined;
  readonly #batchRows: number;
  readonly #targets: Float32Array;
  readonly #weights: Float32Array;

  constructor(settings: LearnSettings) {
    const leads = settings.leads.length;
    this.estimator = settings.estimator();
    if (this.estimator.outputSize !== leads) {
      throw new MillraceError('INVALID_OPTION', `learn: the estimator has ${this.estimator.outputSize} outputs for ${leads} leads`, {
        hint: 'give it one output per lead: output i forecasts lead i',
      });
    }
    this.#batchRows = settings.batchRows;
    this.queue = new SampleQueue(this.estimator.inputSize, leads, settings.batchRows * 2);
    this.#scale = settings.residual ? new ResidualScale(leads) : undefined;
    this.#targets = new Float32Array(settings.batchRows * leads);
    this.#weights = new Float32Array(settings.batchRows * leads);
  }

  /** True when a mini-batch is filled. */
  get due(): boolean {
    return this.queue.rows >= this.#batchRows;
  }

  /** Tells of a label before its sample is complete: the running scale takes each at once. */
  seeResidual(lead: number, residual: number): void {
    this.#scale?.add(lead, residual);
  }

  /** Makes all steps that are due. */
  step(): void {
    while (this.due) {
      this.#scale?.use();
      this.#fillTargets();
      const features = this.queue.features(this.#batchRows);
      if (this.estimator.learnMany(features, this.#targets, this.#batchRows, this.#weights).skipped) this.skippedSteps++;
      this.queue.drop(this.#batchRows);
    }
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

  /** Queue rows hold what is to be learned in units of the target; a lead without a label has weight 0. */
  #fillTargets(): void {
    const leads = this.estimator.outputSize;
    for (let i = 0; i < this.#targets.length; i++) {
      const target = this.queue.target(Math.floor(i / leads), i % leads);
      const missing = Number.isNaN(target);
      this.#weights[i] = missing ? 0 : 1;
      this.#targets[i] = missing ? 0 : (this.#scale?.scaled(i % leads, target) ?? target);
    }
  }

  snapshot(out: StateWriter): void {
    out.number(this.skippedSteps);
    this.queue.snapshot(out);
    this.#scale?.snapshot(out);
    out.bytes(this.estimator.snapshot());
  }

  restore(input: StateReader): void {
    this.skippedSteps = input.number();
    this.queue.restore(input);
    this.#scale?.restore(input);
    this.estimator.restore(input.bytes());
  }
}
