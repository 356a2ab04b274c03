import type { Score, StateReader, StateWriter } from '../../streams/index.ts';

/** Error measures of a forecast that are kept beside each other. */
export const METRICS = ['MAE', 'RMSE'] as const;
export type Metric = (typeof METRICS)[number];

/**
 * Prequential errors of a model and of its naive baseline, per lead: sums over every forecast whose target was measured, in the order in
 * which the labels arrived. MAE = sum |y - f| / n, RMSE = sqrt(sum (y - f)^2 / n).
 *
 * Source: A. P. Dawid, "Statistical theory: the prequential approach", JRSS A 147 (1984).
 */
export class ForecastScores {
  readonly names: readonly string[];
  readonly #counts: Float64Array;
  /** Per lead: sum of absolute and of squared errors of the model, then of the baseline. */
  readonly #sums: Float64Array;

  constructor(names: readonly string[]) {
    this.names = names;
    this.#counts = new Float64Array(names.length);
    this.#sums = new Float64Array(names.length * 4);
  }

  /** Adds one labeled forecast and returns how many the lead has now. */
  add(lead: number, target: number, prediction: number, baseline: number): number {
    const model = target - prediction;
    const naive = target - baseline;
    const at = lead * 4;
    const sums = this.#sums;
    sums[at] = (sums[at] as number) + Math.abs(model);
    sums[at + 1] = (sums[at + 1] as number) + model * model;
    sums[at + 2] = (sums[at + 2] as number) + Math.abs(naive);
    sums[at + 3] = (sums[at + 3] as number) + naive * naive;
    const count = (this.#counts[lead] as number) + 1;
    this.#counts[lead] = count;
    return count;
  }

  /** Labels counted for a lead. */
  count(lead: number): number {
    return this.#counts[lead] as number;
  }

  /** The score of a lead; `model` and `baseline` are NaN before its first label, `ratio` also where the baseline was never wrong. */
  score(lead: number, metric: Metric): Score {
    const n = this.count(lead);
    const model = this.#error(lead * 4, metric, n);
    const baseline = this.#error(lead * 4 + 2, metric, n);
    const ratio = baseline > 0 ? model / baseline : Number.NaN;
    return { name: this.names[lead] as string, metric, model, baseline, ratio, n };
  }

  #error(at: number, metric: Metric, n: number): number {
    return metric === 'MAE' ? (this.#sums[at] as number) / n : Math.sqrt((this.#sums[at + 1] as number) / n);
  }

  snapshot(out: StateWriter): void {
    out.numbers(this.#counts).numbers(this.#sums);
  }

  restore(input: StateReader): void {
    this.#counts.set(input.float64s());
    this.#sums.set(input.float64s());
  }
}
