import { KeyInterner } from '../../columnar/index.ts';
import {
  type AdoptedState,
  MillraceError,
  type StateReader,
  type StateWriter,
  type StepContext,
  type StepReport,
  type StreamBatch,
  takeOrder,
} from '../../streams/index.ts';
import type { ScoreColumns, ScorePlace } from '../scores/index.ts';
import type { BaselineState } from './baseline.ts';
import { copyValues } from './copy-values.ts';
import { type ForecastColumns, ForecastRows } from './forecast-columns.ts';
import { flawOf, inputRows, numberAt, rolesFor, rowText } from './input-rows.ts';
import { LabelLedger } from './label-ledger.ts';
import type { LearnSettings } from './learn-options.ts';
import { Scoring } from './scoring.ts';
import { Trainer } from './trainer.ts';
import { COUNTERS, type Counter, startTurn, type Turn } from './turn.ts';

/** Version of the learner's state. */
export const LEARNER_VERSION = 2;

/** Place of the last row taken. */
type LastRow = { -readonly [K in keyof ScorePlace]: ScorePlace[K] };

/**
 * The state of `learn`, and what it does with a batch.
 *
 * Rows are taken in order. A *run* is a stretch of rows between two optimizer steps; all its rows are predicted in one call at its end, since no
 * label that came in between can change the weights. So a label that joins a forecast of its own run is scored only after that call.
 */
export class Learner {
  readonly #settings: LearnSettings;
  readonly #step: StepContext;
  readonly #outputs: number;
  readonly #trainer: Trainer;
  readonly #ledger: LabelLedger;
  readonly #baseline: BaselineState;
  readonly #scoring: Scoring;
  #keys = new KeyInterner();
  #forecasts: ForecastRows | undefined;
  /** Steps that the labels of this row's ordinal filled are made when a later ordinal comes. */
  readonly #last: LastRow = { ordinal: Number.NEGATIVE_INFINITY, sub: 0, watermark: Number.NEGATIVE_INFINITY, at: Number.NaN };

  constructor(settings: LearnSettings, step: StepContext) {
    this.#settings = settings;
    this.#step = step;
    this.#outputs = settings.leads.length;
    this.#trainer = new Trainer(settings, step);
    const { leads, tolerance, maxPending } = settings;
    this.#ledger = new LabelLedger({ inputSize: this.#trainer.estimator.inputSize, leads, tolerance, maxPending });
    this.#baseline = settings.baseline.create(leads);
    this.#scoring = new Scoring(settings);
    step.report(() => this.report());
  }

  /** Predicts every row, and learns what its labels allow. */
  take(input: StreamBatch): StreamBatch<ForecastColumns> | undefined {
    const inputSize = this.#trainer.estimator.inputSize;
    const turn = startTurn(inputRows(input, this.#keys, this.#settings, inputSize), this.#outputs);
    try {
      for (let row = 0; row < turn.rows.length; row++) this.#takeRow(turn, row);
      this.#finishRun(turn);
    } catch (thrown) {
      throw MillraceError.from(thrown, 'MODEL_FAILED');
    }
    for (const counter of COUNTERS) if (turn.counts[counter] !== 0) this.#step.count(counter, turn.counts[counter]);
    return this.#output(turn);
  }

  /** Scores that were reached since the last call. */
  takeScores(origin: StreamBatch['origin']): StreamBatch<ScoreColumns> | undefined {
    return this.#scoring.take(origin);
  }

  /** Adds the final scores. */
  finishScores(): void {
    this.#scoring.finish(this.#last);
  }

  /** Ends the thread that trains, if there is one. */
  close(): void {
    this.#trainer.close();
  }

  report(): StepReport {
    return { scores: this.#scoring.report(), modelVersion: this.#trainer.estimator.steps };
  }

  #takeRow(turn: Turn, row: number): void {
    const { rows } = turn;
    const flaw = flawOf(rows, row, this.#settings);
    const ordinal = rows.batch.ordinal[row] as number;
    if (flaw !== undefined) {
      this.#step.reject({ ordinal, reason: flaw, row: rowText(rows, row, this.#settings) });
      return;
    }
    if (ordinal > this.#last.ordinal && this.#trainer.due) {
      this.#finishRun(turn);
      const skipped = this.#trainer.step(ordinal);
      if (skipped > 0) this.#step.count('skippedSteps', skipped);
    }
    this.#last.ordinal = ordinal;
    this.#last.sub = rows.batch.sub[row] as number;
    this.#last.watermark = rows.batch.watermark[row] as number;
    this.#last.at = rows.times[row] as number;
    this.#issue(turn, row);
    this.#label(turn, row);
    this.#expire(turn);
  }

  /** Makes room for the row's forecasts, and a sample that waits for their labels. */
  #issue(turn: Turn, row: number): void {
    const { rows, buffers } = turn;
    const index = turn.count++;
    const from = index * this.#outputs;
    const key = rows.keys[row] as number;
    const issuedAt = rows.issuedAt[row] as number;
    turn.taken[index] = row;
    for (let at = from; at < from + this.#outputs; at++) buffers.issuedAt[at] = issuedAt;
    this.#baseline.next(key, issuedAt, numberAt(rows.baselines, row), buffers.baselines, from);
    turn.samples[index] = -1;
    if (this.#settings.residual && allNaN(buffers.baselines, from, from + this.#outputs)) {
      turn.counts.unpredicted += this.#outputs;
      return;
    }
    const full = this.#ledger.overflowing();
    if (full >= 0) this.#close(turn, full, 'overflowed');
    const sample = this.#ledger.issue(key, issuedAt, rows.features.values, row * rows.features.size);
    const slot = this.#ledger.slotOf(sample);
    copyValues(buffers.baselines, from, this.#outputs, this.#ledger.baselines, slot * this.#outputs);
    this.#ledger.rows[slot] = index;
    turn.samples[index] = sample;
    turn.counts.waiting += this.#outputs;
  }

  /** Joins the row's target, if it was measured, with the forecasts that wait for it. */
  #label(turn: Turn, row: number): void {
    const target = numberAt(turn.rows.targets, row);
    if (Number.isNaN(target)) return;
    this.#ledger.label(turn.rows.keys[row] as number, this.#last.at, target, (sample, lead) => {
      const ledger = this.#ledger;
      const slot = ledger.slotOf(sample);
      const at = slot * this.#outputs + lead;
      const event = this.#scoring.labeled();
      event.row = row;
      event.lead = lead;
      event.target = target;
      event.baseline = ledger.baselines[at] as number;
      event.forecast = (ledger.rows[slot] as number) < 0 ? -1 : (ledger.rows[slot] as number) * this.#outputs + lead;
      event.prediction = ledger.predictions[at] as number;
      if (!Number.isNaN(event.baseline)) this.#trainer.seeResidual(lead, target - event.baseline);
      if (ledger.labelsOf(sample) === this.#outputs) this.#close(turn, sample, 'expired');
    });
  }

  #expire(turn: Turn): void {
    for (;;) {
      const sample = this.#ledger.expired(this.#last.watermark);
      if (sample < 0) return;
      this.#close(turn, sample, 'expired');
    }
  }

  /** Takes a sample out of the ledger; one with a label goes to the queue, the labels that it lacks are counted as `missing`. */
  #close(turn: Turn, sample: number, missing: Counter): void {
    const ledger = this.#ledger;
    const labels = ledger.labelsOf(sample);
    turn.counts.waiting -= this.#outputs;
    turn.counts.labeled += labels;
    turn.counts[missing] += this.#outputs - labels;
    if (labels > 0) {
      const slot = ledger.slotOf(sample);
      if (this.#settings.residual) {
        for (let at = slot * this.#outputs; at < (slot + 1) * this.#outputs; at++) {
          ledger.targets[at] = (ledger.targets[at] as number) - (ledger.baselines[at] as number);
        }
      }
      this.#trainer.queue.push(ledger.features, ledger.targets, slot);
    }
    ledger.close(sample);
  }

  /** Predicts the rows taken since the last step, and scores the labels that came meanwhile. */
  #finishRun(turn: Turn): void {
    const first = turn.predicted;
    while (turn.predicted < turn.count) this.#predictStretch(turn);
    for (let index = first; index < turn.count; index++) this.#keepPredictions(turn, index);
    this.#scoring.finishRun(turn);
  }

  /** Predicts the next rows that lie side by side in the feature column: a rejected row parts them. */
  #predictStretch(turn: Turn): void {
    const { taken, buffers } = turn;
    const { values, size } = turn.rows.features;
    const index = turn.predicted;
    const row = taken[index] as number;
    let length = 1;
    while (index + length < turn.count && taken[index + length] === row + length) length++;
    const features = values.subarray(row * size, (row + length) * size);
    this.#trainer.predict(features, length, buffers.baselines, buffers.predictions, index * this.#outputs);
    buffers.versions.fill(this.#trainer.estimator.steps, index * this.#outputs, (index + length) * this.#outputs);
    turn.predicted += length;
  }

  #keepPredictions(turn: Turn, index: number): void {
    const sample = turn.samples[index] as number;
    if (sample < 0 || !this.#ledger.isOpen(sample)) return;
    const slot = this.#ledger.slotOf(sample);
    copyValues(turn.buffers.predictions, index * this.#outputs, this.#outputs, this.#ledger.predictions, slot * this.#outputs);
    this.#ledger.rows[slot] = -1;
  }

  /** One row per row taken and lead. The leads count from issuedAt already, so the output needs no availableAt. */
  #output(turn: Turn): StreamBatch<ForecastColumns> | undefined {
    const input = turn.rows.batch;
    if (turn.count === 0 && input.mark === undefined) return undefined;
    const rows = new Int32Array(turn.count * this.#outputs);
    for (let at = 0; at < rows.length; at++) rows[at] = turn.taken[Math.floor(at / this.#outputs)] as number;
    this.#forecasts ??= new ForecastRows(rolesFor(input, this.#settings).key, this.#settings.leads, this.#settings.leadNames);
    const { ordinal, sub, watermark } = takeOrder(input, rows);
    const batch = this.#forecasts.batch(input.batch, rows, turn.buffers);
    const { origin, mark } = input;
    const numbered = sub.map((from, at) => from * this.#outputs + (at % this.#outputs));
    return { batch, origin, ordinal, sub: numbered, watermark, ...(mark === undefined ? {} : { mark }) };
  }

  snapshot(out: StateWriter): void {
    for (const [, value] of this.#shape()) out.string(value);
    const { ordinal, sub, watermark, at } = this.#last;
    out.number(ordinal).number(sub).number(watermark).number(at);
    out.strings(this.#keys.keys);
    out.bytes(this.#trainer.estimator.snapshot());
    for (const part of this.#parts) part.snapshot(out);
  }

  /** Version 1 had the estimator at the end. */
  restore(input: StateReader, version = LEARNER_VERSION): this {
    const [differing] = this.#differences(input);
    if (differing !== undefined) {
      const { name, stored, value } = differing;
      throw new MillraceError('STATE_INCOMPATIBLE', `the state was written with ${name} ${stored}, this learn has ${value}`);
    }
    this.#restorePlace(input);
    const { estimator } = this.#trainer;
    if (version > 1) estimator.restore(input.bytes());
    for (const part of this.#parts) part.restore(input);
    if (version === 1) estimator.restore(input.bytes());
    return this;
  }

  /** Takes over what fits: of the estimator what it says itself; samples, labels and scores only where none of the options that shape them has changed. */
  adopt(input: StateReader, version: number): AdoptedState<this> {
    const { estimator } = this.#trainer;
    if (version !== LEARNER_VERSION || estimator.adopt === undefined) {
      const reason =
        version === LEARNER_VERSION ? 'its estimator cannot take over parts' : `version ${version} of it cannot be read in part`;
      throw new MillraceError('STATE_INCOMPATIBLE', `the state of learn does not fit: ${reason}`);
    }
    const differences = this.#differences(input);
    this.#restorePlace(input);
    const { kept, fresh } = estimator.adopt(input.bytes());
    if (differences.length === 0) {
      for (const part of this.#parts) part.restore(input);
      return { state: this, kept, fresh };
    }
    this.#keys = new KeyInterner();
    const options = differences.map(({ name, stored, value }) => `${name} ${stored} -> ${value}`).join('; ');
    return { state: this, kept, fresh: [...fresh, `samples and scores (${options})`], recount: true };
  }

  /** The first weight in which two snapshots differ; undefined where that is something else. */
  difference(again: StateReader, stored: StateReader): string | undefined {
    const [one, other] = [again, stored].map((input) => {
      this.#differences(input);
      this.#restorePlace(input);
      return input.bytes();
    });
    return one === undefined || other === undefined ? undefined : this.#trainer.estimator.difference?.(one, other);
  }

  get #parts() {
    return [this.#ledger, this.#baseline, this.#scoring, this.#trainer];
  }

  #restorePlace(input: StateReader): void {
    Object.assign(this.#last, { ordinal: input.number(), sub: input.number(), watermark: input.number(), at: input.number() });
    this.#keys = new KeyInterner(input.strings());
  }

  /** Options in which the state differs from this learner. */
  #differences(input: StateReader): readonly { readonly name: string; readonly stored: string; readonly value: string }[] {
    const all = this.#shape().map(([name, value]) => ({ name, stored: input.string(), value }));
    return all.filter(({ stored, value }) => stored !== value);
  }

  /** What a snapshot must agree on with the options before anything else of it can be read. */
  #shape(): readonly (readonly [string, string])[] {
    const { leads, batchRows, residual, baseline, replay, beside } = this.#settings;
    return [
      ['leads (ms)', leads.join(', ')],
      ['values per row', String(this.#trainer.estimator.inputSize)],
      ['batchRows', beside === undefined ? String(batchRows) : `${batchRows}, beside by ${beside.lag}`],
      ['residual', String(residual)],
      ['replay', replay === undefined ? 'none' : `${replay.samples} samples`],
      ['baseline', `${baseline.name}(${baseline.column})`],
    ];
  }
}

function allNaN(values: Float64Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!Number.isNaN(values[at] as number)) return false;
  return true;
}
