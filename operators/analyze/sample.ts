import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { Random } from '../../kernels/index.ts';
import {
  concatStreamBatches,
  type Operator,
  parseOptions,
  type StateReader,
  type StateWriter,
  type StreamBatch,
  statefulOperator,
  takeStreamRows,
} from '../../streams/index.ts';
import { readHeldRows, writeHeldRows } from '../rows/held-rows.ts';

/** Options of {@link sample}. */
export const sampleOptions = z.strictObject({
  rows: z.int().min(1).describe('size of the sample'),
  seed: z.number().default(1).describe('seed of the random choice'),
});

/** Options of {@link sample} as they are written. */
export interface SampleOptions {
  readonly rows: number;
  readonly seed?: number;
}

/** A reservoir: the rows chosen so far, in the order they came. */
class Reservoir {
  rows: StreamBatch | undefined;
  /** For each row, which of the places in the reservoir it has. */
  places: Int32Array = new Int32Array(0);
  seen = 0;
  random: Random;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  write(out: StateWriter): void {
    out.number(this.seen).numbers(this.random.snapshot()).numbers(this.places);
    writeHeldRows(out, this.rows);
  }

  static read(seed: number, input: StateReader): Reservoir {
    const reservoir = new Reservoir(seed);
    reservoir.seen = input.number();
    reservoir.random.restore(input.uint32s());
    reservoir.places = input.int32s();
    reservoir.rows = readHeldRows(input);
    return reservoir;
  }
}

/**
 * A random sample of a bounded stream: every row has the same chance to be among the `rows` that go out at the end, in the order they came.
 *
 * The choice depends on seed and row order alone. Every row but those of the sample is dropped. Memory: the sample.
 *
 * Ledger: in = out + dropped:unsampled + held.
 *
 * Source: J. S. Vitter, "Random sampling with a reservoir" (algorithm R), ACM TOMS 11, 1985.
 *
 * @throws MillraceError INVALID_OPTION
 * @example
 * flow(readings, sample({ rows: 1000, seed: 7 }));
 */
export function sample<T extends TypeMap>(options: SampleOptions): Operator<T> {
  const { rows: size, seed } = parseOptions('sample', sampleOptions, options);
  return statefulOperator<T, T, Reservoir>('sample', {
    version: 1,
    ledger: { left: ['in'], right: ['out', 'dropped:unsampled', 'held'] },
    create: () => new Reservoir(seed),
    onBatch: (reservoir, input, step) => {
      const before = reservoir.places.length;
      choose(reservoir, input, size);
      const held = reservoir.places.length - before;
      step.count('held', held);
      step.count('dropped:unsampled', input.batch.numRows - held);
      return undefined;
    },
    onEnd: (reservoir, step) => {
      step.count('held', -reservoir.places.length);
      return reservoir.rows as StreamBatch<T> | undefined;
    },
    snapshot: (reservoir, out) => reservoir.write(out),
    restore: (input) => Reservoir.read(seed, input),
  });
}

function choose(reservoir: Reservoir, input: StreamBatch, size: number): void {
  const held = reservoir.places.length;
  const { mark: _mark, ...rows } = input;
  // Row of (held and new rows together) at each place.
  const at: number[] = [];
  reservoir.places.forEach((place, row) => {
    at[place] = row;
  });
  for (let row = 0; row < input.batch.numRows; row++) {
    const place = reservoir.seen < size ? reservoir.seen : reservoir.random.integer(reservoir.seen + 1);
    reservoir.seen++;
    if (place < size) at[place] = held + row;
  }
  const kept = Int32Array.from(at).sort();
  const placeOf = new Map(at.map((row, place) => [row, place]));
  reservoir.places = Int32Array.from(kept, (row) => placeOf.get(row) as number);
  const joined = concatStreamBatches(reservoir.rows === undefined ? [rows] : [reservoir.rows, rows]) as StreamBatch;
  reservoir.rows = takeStreamRows(joined, kept);
}
