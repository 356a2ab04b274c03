import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { type NumericColumn, type TensorType, tensorData, type WithColumns, withColumns } from '../../columnar/index.ts';
import { cos, log1p, sin } from '../../kernels/index.ts';
import { type Operator, parseOptions, type StreamBatch, statefulOperator, takeStreamRows, withBatch } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { LivingKeys } from '../keys/living-keys.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';
import { SequenceRings } from './sequence-rings.ts';

/** Options of {@link spectrum}. */
export const spectrumOptions = z.strictObject({
  column: z.string().describe('numeric column to look at'),
  key: z.string().optional().describe('column whose values have windows of their own'),
  ...stateTtlOption,
  length: z.int().min(4).max(4096).describe('rows in a window'),
  bands: z.int().min(1).describe('how many bands the frequencies are summed to, at most half the length'),
  output: z.string().min(1).default('spectrum').describe('name of the tensor column'),
});

/** Options of {@link spectrum} as they are written. */
export interface SpectrumOptions<T extends TypeMap, O extends string> extends StateTtl {
  readonly column: NumericColumn<T>;
  readonly key?: KeyColumn<T>;
  readonly length: number;
  readonly bands: number;
  readonly output?: O;
}

/**
 * Adds how the last `length` rows of the key vibrate: the power of their frequencies, summed to `bands` bands of equal width, as ln(1 + power), float32.
 *
 * The window is freed of its mean and tapered (Hann); frequency k means k periods per window, k = 1 ... length / 2; the rows are taken as equally far apart (`resample` first). Rows before the
 * window is full are dropped as `dropped:warmup`; missing values (null, NaN, infinite) count as 0. Memory: 8 bytes per key and row of the window.
 *
 * Ledger: in = out + dropped:warmup.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, spectrum({ column: 'pm25', key: 'station', length: 48, bands: 6 })); // adds spectrum: 6 values
 */
export function spectrum<T extends TypeMap, const O extends string = 'spectrum'>(
  options: SpectrumOptions<NoInfer<T>, O>,
): Operator<T, WithColumns<T, { [K in O]: TensorType }>> {
  const schema = spectrumOptions.refine(({ length, bands }) => bands <= length / 2, 'bands must be at most half the length');
  const { column, key, stateTtl, length, bands, output } = parseOptions('spectrum', schema, options);
  const transform = new PowerBands(length, bands);
  return statefulOperator<T, WithColumns<T, { [K in O]: TensorType }>, SequenceRings>('spectrum', {
    version: 1,
    ledger: { left: ['in'], right: ['out', 'dropped:warmup'] },
    create: () => new SequenceRings(new LivingKeys(key, stateTtl), length, 1),
    onBatch: (rings, input, step) => {
      const { rows, values } = rings.append(input, [column], Number.POSITIVE_INFINITY, false);
      step.count('dropped:warmup', input.batch.numRows - rows.length);
      const powers = new Float32Array(rows.length * bands);
      for (let row = 0; row < rows.length; row++)
        transform.compute(values.subarray(row * length, (row + 1) * length), powers.subarray(row * bands));
      const kept = rows.length === input.batch.numRows ? input : takeStreamRows(input, rows);
      return withBatch(kept, withColumns(kept.batch, { [output]: tensorData(powers, bands) } as never)) as StreamBatch<never>;
    },
    snapshot: (rings, out) => rings.write(out),
    restore: (input) => SequenceRings.read(LivingKeys.read(key, stateTtl, input), length, 1, input),
  });
}

/** The discrete Fourier transform of one length, its factors computed once. */
class PowerBands {
  readonly #length: number;
  readonly #bands: number;
  readonly #taper: Float64Array;
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;

  constructor(length: number, bands: number) {
    const angle = (step: number) => (2 * Math.PI * step) / length;
    this.#length = length;
    this.#bands = bands;
    this.#taper = Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * cos(angle(i)));
    this.#cosines = Float64Array.from({ length }, (_, i) => cos(angle(i)));
    this.#sines = Float64Array.from({ length }, (_, i) => sin(angle(i)));
  }

  /** Writes the bands of a window to `out`. */
  compute(window: Float32Array, out: Float32Array): void {
    const mean = window.reduce((sum, value) => sum + value, 0) / this.#length;
    const tapered = Float64Array.from(window, (value, i) => (value - mean) * (this.#taper[i] as number));
    const highest = Math.floor(this.#length / 2);
    const sums = new Float64Array(this.#bands);
    for (let frequency = 1; frequency <= highest; frequency++) {
      let real = 0;
      let imaginary = 0;
      for (let i = 0, turn = 0; i < this.#length; i++, turn = (turn + frequency) % this.#length) {
        real += (tapered[i] as number) * (this.#cosines[turn] as number);
        imaginary += (tapered[i] as number) * (this.#sines[turn] as number);
      }
      const band = Math.floor(((frequency - 1) * this.#bands) / highest);
      sums[band] = (sums[band] as number) + (real * real + imaginary * imaginary) / this.#length;
    }
    for (let band = 0; band < this.#bands; band++) out[band] = log1p(sums[band] as number);
  }
}
