import type { Dictionary, Float64, Int32, TimestampMillisecond, Utf8 } from 'apache-arrow';
import {
  type Batch,
  type BatchSchema,
  category,
  categoryData,
  float64,
  float64Data,
  makeBatch,
  required,
  schema,
  timestamp,
  timestampData,
  ValidityBuilder,
} from '../../columnar/index.ts';
import type { Score, StreamBatch } from '../../streams/index.ts';

/** A score as of an event time: what `learn` sends to its `scores` observer. */
export type ScoreColumns = {
  /** Which forecast: `+1h`, say. */
  name: Dictionary<Utf8, Int32>;
  /** `MAE` or `RMSE`, in units of the target. */
  metric: Dictionary<Utf8, Int32>;
  /** Error of the model. */
  model: Float64;
  /** Error of the naive baseline on the same rows. */
  baseline: Float64;
  /** model / baseline: below 1 the model is the better one. Null where the baseline was never wrong. */
  ratio: Float64;
  /** Labels counted. */
  n: Float64;
  /** Event time of the row that brought the last label counted. */
  at: TimestampMillisecond;
};

/** Schema of a topic that takes the scores of `learn`. */
export const scoreSchema: BatchSchema<ScoreColumns> = schema<ScoreColumns>(
  {
    name: required(category()),
    metric: required(category()),
    model: required(float64()),
    baseline: required(float64()),
    ratio: float64(),
    n: required(float64()),
    at: timestamp(),
  },
  { eventTime: 'at', key: 'name' },
);

/** Place of scores in the stream: `ordinal` and `watermark` of the row whose label was counted last; the first of them takes `sub`. */
export interface ScorePlace {
  readonly ordinal: number;
  readonly sub: number;
  readonly watermark: number;
  readonly at: number;
}

/** Collects scores of one batch of input and makes one stream batch of them. */
export class ScoreRows {
  readonly #scores: Score[] = [];
  readonly #places: ScorePlace[] = [];

  /** Adds scores of one forecast. Of several with one place (a row may bring several labels) only the last stay. */
  add(scores: readonly Score[], place: ScorePlace): void {
    const before = this.#places.at(-scores.length);
    if (before !== undefined && before.ordinal === place.ordinal && before.sub === place.sub) {
      this.#scores.length -= scores.length;
      this.#places.length -= scores.length;
    }
    this.#scores.push(...scores);
    this.#places.push(...scores.map((_, index) => ({ ...place, sub: place.sub + index })));
  }

  /** All scores added since the last call, or undefined when there is none. */
  take(origin: StreamBatch['origin']): StreamBatch<ScoreColumns> | undefined {
    const scores = this.#scores.splice(0);
    const places = this.#places.splice(0);
    if (scores.length === 0) return undefined;
    return {
      batch: scoreBatch(scores, places),
      origin,
      ordinal: Float64Array.from(places, (place) => place.ordinal),
      sub: Int32Array.from(places, (place) => place.sub),
      watermark: Float64Array.from(places, (place) => place.watermark),
    };
  }
}

function scoreBatch(scores: readonly Score[], places: readonly ScorePlace[]): Batch<ScoreColumns> {
  const ratioNulls = new ValidityBuilder(scores.length);
  scores.forEach((score, row) => {
    if (Number.isNaN(score.ratio)) ratioNulls.setNull(row);
  });
  const numbers = (read: (score: Score) => number) => float64Data(Float64Array.from(scores, read));
  const ratios = Float64Array.from(scores, ({ ratio }) => (Number.isNaN(ratio) ? 0 : ratio));
  return makeBatch(scoreSchema, [
    categoryOf(scores.map((score) => score.name)),
    categoryOf(scores.map((score) => score.metric)),
    numbers((score) => score.model),
    numbers((score) => score.baseline),
    float64Data(ratios, ratioNulls),
    numbers((score) => score.n),
    timestampData(places.map((place) => place.at)),
  ]);
}

function categoryOf(values: readonly string[]) {
  const distinct = [...new Set(values)];
  return categoryData(
    Int32Array.from(values, (value) => distinct.indexOf(value)),
    distinct,
  );
}
