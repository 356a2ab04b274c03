import { MillraceError } from '../../streams/index.ts';
import type { Head } from './layout.ts';

/** How sample weights are given: not at all, one a row, one an output. The numbers are those of the kernels. */
export type WeightKind = 0 | 1 | 2;

export function weightKindOf(weights: Float32Array, rows: number, outputSize: number): WeightKind {
  if (weights.length === rows) return 1;
  if (weights.length === rows * outputSize) return 2;
  throw new MillraceError(
    'INVALID_OPTION',
    `weights hold ${weights.length} values, but ${rows} rows x ${outputSize} outputs need ${rows} or ${rows * outputSize}`,
  );
}

/**
 * Writes the factor of each head's loss terms: its weight, over the sum of the sample weights for mean losses.
 *
 * @returns false when no target of any head has weight: there is nothing to learn
 */
export function headScales(
  heads: readonly Head[],
  rows: number,
  weights: Float32Array | undefined,
  kind: WeightKind,
  outputSize: number,
  scales: Float32Array,
): boolean {
  let any = false;
  for (let index = 0; index < heads.length; index++) {
    const head = heads[index]!;
    const wholeRows = head.loss.reduction === 'rowMean';
    const columns = wholeRows || kind !== 2 ? 1 : head.size;
    let sum = weights === undefined ? rows : weightSum(weights, kind === 1 ? 1 : outputSize, kind === 1 ? 0 : head.column, columns);
    if (sum > 0) any = true;
    if (!wholeRows && kind !== 2) sum *= head.size;
    scales[index] = head.loss.reduction === 'sum' ? head.weight : sum > 0 ? head.weight / sum : 0;
  }
  return any;
}

function weightSum(weights: Float32Array, pitch: number, column: number, columns: number): number {
  let sum = 0;
  for (let row = column; row < weights.length; row += pitch) {
    for (let j = 0; j < columns; j++) sum += weights[row + j]!;
  }
  return sum;
}
