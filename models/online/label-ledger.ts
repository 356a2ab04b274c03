import { MillraceError, type StateReader, type StateWriter } from '../../streams/index.ts';
import { copyValues } from './copy-values.ts';
import { KeyTimeline } from './key-timeline.ts';

/** Limits of a {@link LabelLedger}. */
export interface LabelLedgerOptions {
  /** Values per row of features. */
  readonly inputSize: number;
  /** Leads in ms, one per output. */
  readonly leads: Float64Array;
  /** How much later than issuedAt + lead a label may be stamped, in ms. */
  readonly tolerance: number;
  /** Most samples from the oldest waiting one to the newest. */
  readonly maxPending: number;
}

/**
 * Forecasts that wait for their labels: a ring of samples in the order in which they were issued, and per key a timeline of them.
 * Each row's features are stored once for all leads.
 *
 * A label of (key, at) joins every waiting sample of that key with `at - tolerance <= issuedAt + lead <= at` whose lead has none: the
 * first measured row of the due time wins, later duplicates change nothing, and a sample issued after its label had come gets none. A
 * sample is closed when all its leads have labels, or once the watermark has passed the last due time; as rows are not late until the
 * watermark has passed them, a label may come out of order by the allowed lateness.
 *
 * Columns are public for loops over samples: row `slotOf(sample)`, one value per lead in `targets`, `baselines` and `predictions`.
 */
export class LabelLedger {
  readonly #options: LabelLedgerOptions;
  readonly #outputs: number;
  readonly #horizon: number;
  readonly #timelines: KeyTimeline[] = [];
  #capacity = 64;
  /** Number of the oldest waiting sample. */
  #oldest = 0;
  /** Number that the next sample gets. */
  #next = 0;
  #keys = new Int32Array(64);
  #issuedAt = new Float64Array(64);
  /** Labels that a sample has; -1 once it is closed. */
  #labels = new Int32Array(64).fill(-1);
  /** Row of the current input batch whose forecast is still to be made, or -1. */
  rows = new Int32Array(64);
  features: Float32Array;
  targets: Float64Array;
  baselines: Float64Array;
  predictions: Float64Array;

  constructor(options: LabelLedgerOptions) {
    this.#options = options;
    this.#outputs = options.leads.length;
    this.#horizon = Math.max(...options.leads) + options.tolerance;
    this.features = new Float32Array(64 * options.inputSize);
    this.targets = new Float64Array(64 * this.#outputs);
    this.baselines = new Float64Array(64 * this.#outputs);
    this.predictions = new Float64Array(64 * this.#outputs);
  }

  /** Where the columns hold a sample. */
  slotOf(sample: number): number {
    return sample & (this.#capacity - 1);
  }

  isOpen(sample: number): boolean {
    return sample >= this.#oldest && (this.#labels[this.slotOf(sample)] as number) >= 0;
  }

  /** Labels of an open sample. */
  labelsOf(sample: number): number {
    return this.#labels[this.slotOf(sample)] as number;
  }

  /** The oldest sample if it must be closed before the next can be issued, else -1. */
  overflowing(): number {
    return this.#next - this.#oldest >= this.#options.maxPending ? this.#oldest : -1;
  }

  /** The oldest sample if no label can come for it once `watermark` is reached, else -1. */
  expired(watermark: number): number {
    if (this.#oldest === this.#next) return -1;
    return (this.#issuedAt[this.slotOf(this.#oldest)] as number) + this.#horizon < watermark ? this.#oldest : -1;
  }

  /** Takes a sample and returns its number; the caller fills `baselines` and `rows` at its slot. */
  issue(key: number, issuedAt: number, features: Float32Array, from: number): number {
    if (this.#next - this.#oldest === this.#capacity) this.#grow();
    const sample = this.#next++;
    const slot = this.slotOf(sample);
    this.#keys[slot] = key;
    this.#issuedAt[slot] = issuedAt;
    this.#labels[slot] = 0;
    for (let at = slot * this.#outputs; at < (slot + 1) * this.#outputs; at++) this.targets[at] = Number.NaN;
    const { inputSize } = this.#options;
    copyValues(features, from, inputSize, this.features, slot * inputSize);
    // Closed samples leave the timeline here and not in close, which runs while label walks over it.
    const timeline = this.#timelineOf(key);
    while (timeline.length > 0 && !this.isOpen(timeline.value(0))) timeline.dropOldest();
    timeline.insert(issuedAt, sample);
    return sample;
  }

  /** Joins a measured target; `joined` is called for each sample and lead, oldest sample first within a lead. */
  label(key: number, at: number, target: number, joined: (sample: number, lead: number) => void): void {
    const timeline = this.#timelines[key];
    if (timeline === undefined || timeline.length === 0) return;
    const { leads, tolerance } = this.#options;
    for (let lead = 0; lead < leads.length; lead++) {
      const due = at - (leads[lead] as number);
      for (let index = timeline.firstFrom(due - tolerance); index < timeline.length && timeline.time(index) <= due; index++) {
        const sample = timeline.value(index);
        if (this.isOpen(sample) && this.#take(this.slotOf(sample), lead, target)) joined(sample, lead);
      }
    }
  }

  /** Ends the wait of a sample; its slot may be used again by the next sample issued. */
  close(sample: number): void {
    this.#labels[this.slotOf(sample)] = -1;
    while (this.#oldest < this.#next && !this.isOpen(this.#oldest)) this.#oldest++;
  }

  #take(slot: number, lead: number, target: number): boolean {
    const at = slot * this.#outputs + lead;
    if (!Number.isNaN(this.targets[at] as number)) return false;
    this.targets[at] = target;
    this.#labels[slot] = (this.#labels[slot] as number) + 1;
    return true;
  }

  #timelineOf(key: number): KeyTimeline {
    let timeline = this.#timelines[key];
    if (timeline === undefined) {
      timeline = new KeyTimeline();
      this.#timelines[key] = timeline;
    }
    return timeline;
  }

  /** Doubles the ring; a sample's slot is its number modulo the capacity, so each moves to the lower or the upper half. */
  #grow(): void {
    const from = this.#capacity;
    this.#capacity = from * 2;
    const size = this.#options.inputSize;
    this.#keys = this.#spread(this.#keys, new Int32Array(from * 2), 1);
    this.#issuedAt = this.#spread(this.#issuedAt, new Float64Array(from * 2), 1);
    this.#labels = this.#spread(this.#labels, new Int32Array(from * 2).fill(-1), 1);
    this.rows = this.#spread(this.rows, new Int32Array(from * 2), 1);
    this.features = this.#spread(this.features, new Float32Array(from * 2 * size), size);
    this.targets = this.#spread(this.targets, new Float64Array(from * 2 * this.#outputs), this.#outputs);
    this.baselines = this.#spread(this.baselines, new Float64Array(from * 2 * this.#outputs), this.#outputs);
    this.predictions = this.#spread(this.predictions, new Float64Array(from * 2 * this.#outputs), this.#outputs);
  }

  #spread<Values extends Float64Array | Float32Array | Int32Array>(old: Values, grown: Values, size: number): Values {
    const half = old.length / size;
    for (let sample = this.#oldest; sample < this.#next; sample++) {
      const from = (sample & (half - 1)) * size;
      grown.set(old.subarray(from, from + size), this.slotOf(sample) * size);
    }
    return grown;
  }

  /** Open samples in the order of issue, with their numbers. */
  snapshot(out: StateWriter): void {
    out.number(this.#next);
    const open: number[] = [];
    for (let sample = this.#oldest; sample < this.#next; sample++) if (this.isOpen(sample)) open.push(sample);
    out.numbers(Float64Array.from(open));
    for (const sample of open) {
      const slot = this.slotOf(sample);
      out.number(this.#keys[slot] as number).number(this.#issuedAt[slot] as number);
      for (const values of [this.targets, this.baselines, this.predictions]) out.numbers(this.#rowOf(values, slot, this.#outputs));
      out.numbers(this.#rowOf(this.features, slot, this.#options.inputSize));
    }
  }

  /** Reads a snapshot into a ledger that was made with the same options. */
  restore(input: StateReader): void {
    const next = input.number();
    const open = input.float64s();
    const oldest = open[0] ?? next;
    if (next - oldest > this.#options.maxPending) {
      throw new MillraceError(
        'STATE_INCOMPATIBLE',
        `${next - oldest} samples wait for labels, more than maxPending = ${this.#options.maxPending}`,
        {
          hint: 'raise maxPending of learn',
        },
      );
    }
    this.#oldest = oldest;
    this.#next = oldest;
    while (this.#capacity < next - oldest) this.#grow();
    for (const sample of open) this.#restoreSample(input, sample);
    this.#next = next;
  }

  #restoreSample(input: StateReader, sample: number): void {
    this.#next = sample;
    const key = input.number();
    const issuedAt = input.number();
    const [targets, baselines, predictions] = [input.float64s(), input.float64s(), input.float64s()];
    const slot = this.slotOf(this.issue(key, issuedAt, input.float32s(), 0));
    for (const [values, stored] of [
      [this.targets, targets],
      [this.baselines, baselines],
      [this.predictions, predictions],
    ] as const) {
      values.set(stored, slot * this.#outputs);
    }
    this.#labels[slot] = targets.reduce((labels, target) => labels + (Number.isNaN(target) ? 0 : 1), 0);
    this.rows[slot] = -1;
  }

  #rowOf<Values extends Float64Array | Float32Array>(values: Values, slot: number, size: number): Values {
    return values.subarray(slot * size, (slot + 1) * size) as Values;
  }
}
