import type { Score, StateReader, StateWriter, StreamBatch } from '../../streams/index.ts';
import { ForecastScores, METRICS, type ScoreColumns, type ScorePlace, ScoreRows } from '../scores/index.ts';
import { type LabelEvent, LabelEvents } from './label-events.ts';
import type { LearnSettings } from './learn-options.ts';
import type { Turn } from './turn.ts';

/** Scores the labels of a run once its forecasts are made, and says the scores every so many labels. */
export class Scoring {
  readonly #outputs: number;
  readonly #every: number;
  readonly #scores: ForecastScores;
  readonly #rows = new ScoreRows();
  readonly #events = new LabelEvents();

  constructor({ leadNames, scoreEvery }: LearnSettings) {
    this.#outputs = leadNames.length;
    this.#every = scoreEvery;
    this.#scores = new ForecastScores(leadNames);
  }

  /** A label that joined a forecast, to be filled in. */
  labeled(): LabelEvent {
    return this.#events.add();
  }

  /** Scores the labels of the run, in the order in which they came. */
  finishRun(turn: Turn): void {
    this.#events.drain((event) => this.#score(turn, event));
  }

  #score({ rows, buffers }: Turn, { row, lead, target, baseline, forecast, prediction }: LabelEvent): void {
    // Without a baseline there is nothing to compare with: such labels teach, but do not score.
    if (Number.isNaN(baseline)) return;
    const predicted = forecast < 0 ? prediction : (buffers.predictions[forecast] as number);
    const labels = this.#scores.add(lead, target, predicted, baseline);
    if (labels % this.#every !== 0) return;
    const { ordinal, sub, watermark } = rows.batch;
    this.#say(lead, {
      ordinal: ordinal[row] as number,
      sub: sub[row] as number,
      watermark: watermark[row] as number,
      at: rows.times[row] as number,
    });
  }

  /** Adds the final score of each lead, unless its last label made one. */
  finish(last: ScorePlace): void {
    for (let lead = 0; lead < this.#outputs; lead++) {
      if (this.#scores.count(lead) % this.#every !== 0) this.#say(lead, { ...last, sub: last.sub + 1 });
    }
  }

  /** Scores of one row are numbered by lead and metric. */
  #say(lead: number, place: ScorePlace): void {
    const scores = METRICS.map((metric) => this.#scores.score(lead, metric));
    this.#rows.add(scores, { ...place, sub: (place.sub * this.#outputs + lead) * METRICS.length });
  }

  /** Scores said since the last call. */
  take(origin: StreamBatch['origin']): StreamBatch<ScoreColumns> | undefined {
    return this.#rows.take(origin);
  }

  /** Mean absolute errors so far, of the leads that have labels. */
  report(): Score[] {
    const scores = this.#scores.names.map((_, lead) => this.#scores.score(lead, 'MAE'));
    return scores.filter(({ n }) => n > 0);
  }

  snapshot(out: StateWriter): void {
    this.#scores.snapshot(out);
  }

  restore(input: StateReader): void {
    this.#scores.restore(input);
  }
}
