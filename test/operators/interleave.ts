import { Random } from '../../kernels/index.ts';
import type { StreamBatch } from '../../streams/index.ts';
import { type Reading, type Readings, readings, sampleRows } from './readings.ts';

/** Rows of two streams in one order of ordinals, as a task numbers them. */
export function interleaved(
  rows: readonly (Reading & { readonly input: 0 | 1 })[],
  lateness = 0,
): [StreamBatch<Readings>, StreamBatch<Readings>] {
  const streams = ([0, 1] as const).map((input) => {
    const stream = readings(
      rows.filter((row) => row.input === input),
      { lateness },
    );
    const ordinals = rows.flatMap((row, ordinal) => (row.input === input ? [ordinal] : []));
    return { ...stream, ordinal: Float64Array.from(ordinals) };
  });
  return streams as [StreamBatch<Readings>, StreamBatch<Readings>];
}

/** Seeded rows of two streams, some of them late, some without a station. */
export function sampleStreams(count = 300, seed = 5, lateness = 1): [StreamBatch<Readings>, StreamBatch<Readings>] {
  const random = new Random(seed);
  return interleaved(
    sampleRows(count, seed).map((row) => ({ ...row, input: random.uniform() < 0.5 ? 0 : 1 })),
    lateness,
  );
}
