import type { Float64 } from 'apache-arrow';
import { float64Data, type NumericType, ValidityBuilder } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import type { Aggregate } from './aggregate.ts';
import { DdSketch } from './dd-sketch.ts';
import { type ObjectArithmetic, objectAccumulator } from './object-accumulator.ts';

/**
 * The value below which the share `q` of the values lies, by a DDSketch: within `accuracy` of the exact quantile, relatively. Null, NaN and infinite values are
 * passed over. Memory: about 16 bytes per bucket in use, at most 2,048 buckets each for positive and negative values.
 *
 * @param q from 0 to 1; 0.5 is the median
 */
export function quantile<const C extends string>(
  column: C,
  q: number,
  accuracy = 0.01,
): Aggregate<{ readonly [K in C]: NumericType }, Float64> {
  if (!(q >= 0 && q <= 1))
    throw new MillraceError('INVALID_OPTION', `quantile('${column}', ${q}): q must be from 0 to 1`, { hint: 'the median is 0.5' });
  if (!(accuracy > 0 && accuracy < 1))
    throw new MillraceError('INVALID_OPTION', `quantile('${column}'): accuracy ${accuracy} must be between 0 and 1`, {
      hint: '0.01 is 1 %',
    });
  return { kind: `quantile(${column}, ${q}, ${accuracy})`, accumulator: () => objectAccumulator(sketchArithmetic(column, q, accuracy)) };
}

/** {@link quantile} for several shares, of one sketch that they have in common. */
export function quantiles(column: string, shares: readonly number[], accuracy = 0.01): Aggregate<never, Float64>[] {
  const sketches: DdSketch[] = [];
  return shares.map((q, index) => ({
    kind: `quantile(${column}, ${q}, ${accuracy})`,
    accumulator: () => {
      const accumulator = objectAccumulator(sketchArithmetic(column, q, accuracy), sketches);
      return index === 0 ? accumulator : { ...accumulator, reserve: nothing, clear: nothing, add: nothing, merge: nothing };
    },
  }));
}

const nothing = () => {};

function sketchArithmetic(column: string, q: number, accuracy: number): ObjectArithmetic<DdSketch> {
  return {
    create: () => new DdSketch(accuracy),
    adder: (views) => {
      const values = views.numbers(column);
      return (sketch, row) => {
        if (Number.isFinite(values[row])) sketch.add(values[row] as number);
      };
    },
    merge: (from, into) => into.merge(from),
    data: (sketches) => {
      const nulls = new ValidityBuilder(sketches.length);
      sketches.forEach((sketch, row) => {
        if (sketch.count === 0) nulls.setNull(row);
      });
      return float64Data(
        Float64Array.from(sketches, (sketch) => sketch.quantile(q)),
        nulls,
      );
    },
    write: (sketch, out) => sketch.write(out),
    read: (input) => DdSketch.read(accuracy, input),
  };
}

/** The median: {@link quantile} 0.5. */
export function median<const C extends string>(column: C, accuracy = 0.01): Aggregate<{ readonly [K in C]: NumericType }, Float64> {
  return quantile(column, 0.5, accuracy);
}
