import { type Batch, numberView } from '../../columnar/index.ts';
import type { StateReader, StateWriter, StreamBatch } from '../../streams/index.ts';
import { isMissing } from '../keys/key-groups.ts';
import type { GroupedState, LivingKeys } from '../keys/living-keys.ts';
import { PerKey } from '../keys/per-key.ts';
import { eventTimes } from '../rows/event-times.ts';

/** Rows seen since the sequence began, event time of the key's last row. */
const PROGRESS = 2;

/**
 * The last `length` rows of every key. A key's ring is stored twice in a row, each step written to both halves: then the last `length` steps, oldest first,
 * are always one contiguous stretch, and a sequence is one copy.
 */
export class SequenceRings implements GroupedState {
  readonly #groups: LivingKeys;
  readonly #length: number;
  readonly #width: number;
  readonly #progress: PerKey;
  #rings: Float32Array;

  constructor(groups: LivingKeys, length: number, width: number, progress = new PerKey(PROGRESS), rings = new Float32Array(0)) {
    this.#groups = groups;
    this.#length = length;
    this.#width = width;
    this.#progress = progress;
    this.#rings = rings;
    groups.manage(progress);
    groups.manage(this);
  }

  keepGroups(kept: Int32Array): void {
    const size = 2 * this.#length * this.#width;
    let count = 0;
    for (const group of kept) {
      if (group !== count) this.#rings.copyWithin(count * size, group * size, (group + 1) * size);
      count++;
    }
    this.#rings.fill(0, count * size);
    if (this.#rings.length > 4 * count * size) this.#rings = this.#rings.slice(0, 2 * count * size);
  }

  /** Takes the rows of a batch; returns which of them end a sequence, and these sequences one after another. */
  append(input: StreamBatch, columns: readonly string[], gap: number, pad: boolean): { rows: Int32Array; values: Float32Array } {
    const { batch } = input;
    const groups = this.#groups.groupsOf(input);
    const progress = this.#progress.reserve(this.#groups.size);
    this.#reserve(this.#groups.size);
    const steps = stepsOf(batch, columns);
    const times = gap < Number.POSITIVE_INFINITY ? eventTimes(batch) : undefined;
    const size = this.#length * this.#width;
    const rows = new Int32Array(batch.numRows);
    const values = new Float32Array(batch.numRows * size);
    let count = 0;
    for (let row = 0; row < batch.numRows; row++) {
      const group = groups[row] as number;
      const at = group * PROGRESS;
      if (times !== undefined) this.#breakAtGap(group, progress, times[row] as number, gap);
      const seen = progress[at] as number;
      this.#writeStep(group, seen % this.#length, steps, row);
      progress[at] = seen + 1;
      if (!pad && seen + 1 < this.#length) continue;
      const from = group * 2 * size + ((seen + 1) % this.#length) * this.#width;
      values.set(this.#rings.subarray(from, from + size), count * size);
      rows[count++] = row;
    }
    return { rows: rows.subarray(0, count), values: values.subarray(0, count * size) };
  }

  #breakAtGap(group: number, progress: Float64Array, time: number, gap: number): void {
    const at = group * PROGRESS;
    const distance = time - (progress[at + 1] as number);
    if ((progress[at] as number) > 0 && (distance > gap || distance < 0)) {
      const size = 2 * this.#length * this.#width;
      this.#rings.fill(0, group * size, (group + 1) * size);
      progress[at] = 0;
    }
    progress[at + 1] = time;
  }

  #writeStep(group: number, place: number, steps: Float32Array, row: number): void {
    const size = this.#length * this.#width;
    const first = group * 2 * size + place * this.#width;
    for (let i = 0; i < this.#width; i++) {
      const value = steps[row * this.#width + i] as number;
      this.#rings[first + i] = value;
      this.#rings[first + size + i] = value;
    }
  }

  #reserve(groups: number): void {
    const size = groups * 2 * this.#length * this.#width;
    if (size <= this.#rings.length) return;
    const grown = new Float32Array(Math.max(size, this.#rings.length * 2));
    grown.set(this.#rings);
    this.#rings = grown;
  }

  write(out: StateWriter): void {
    // First, since it may forget keys.
    this.#groups.write(out);
    const size = this.#length * this.#width;
    const once = new Float32Array(this.#groups.size * size);
    this.#reserve(this.#groups.size);
    for (let group = 0; group < this.#groups.size; group++) {
      once.set(this.#rings.subarray(group * 2 * size, group * 2 * size + size), group * size);
    }
    this.#progress.write(out);
    out.numbers(once);
  }

  /** The same sequences of other columns: `places` tells, per column, which one it was; -1 for a new one, whose steps are 0 (missing). */
  rearranged(places: readonly number[]): SequenceRings {
    const steps = this.#rings.length / Math.max(this.#width, 1);
    const rings = new Float32Array(steps * places.length);
    for (let step = 0; step < steps; step++) {
      places.forEach((place, column) => {
        if (place >= 0) rings[step * places.length + column] = this.#rings[step * this.#width + place] as number;
      });
    }
    this.#rings = new Float32Array(0);
    return new SequenceRings(this.#groups, this.#length, places.length, this.#progress, rings);
  }

  static read(groups: LivingKeys, length: number, width: number, input: StateReader): SequenceRings {
    const progress = PerKey.read(PROGRESS, 0, input);
    const once = input.float32s();
    const size = length * width;
    const rings = new Float32Array(once.length * 2);
    for (let at = 0; at < once.length; at += size) {
      const ring = once.subarray(at, at + size);
      rings.set(ring, at * 2);
      rings.set(ring, at * 2 + size);
    }
    return new SequenceRings(groups, length, width, progress, rings);
  }
}

/** The columns interleaved, one step after another; missing values are 0. */
function stepsOf(batch: Batch, columns: readonly string[]): Float32Array {
  const width = columns.length;
  const steps = new Float32Array(batch.numRows * width);
  columns.forEach((column, index) => {
    const { values, validity } = numberView(batch, column);
    for (let row = 0; row < batch.numRows; row++) {
      if (!isMissing(values, validity, row)) steps[row * width + index] = values[row] as number;
    }
  });
  return steps;
}
