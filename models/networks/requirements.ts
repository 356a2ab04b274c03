import { MillraceError } from '../../streams/index.ts';

export function requireRows(rows: number): void {
  if (Number.isInteger(rows) && rows >= 0) return;
  throw new MillraceError('INVALID_OPTION', `rows is ${rows}, but must be a whole number of at least 0`);
}

export function requireLength(name: string, values: Float32Array, rows: number, size: number): void {
  if (values.length === rows * size) return;
  throw new MillraceError('INVALID_OPTION', `${name} hold ${values.length} values, but ${rows} rows x ${size} need ${rows * size}`);
}

export function requireWeights(weights: Float32Array, perRow: number): void {
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (weight >= 0 && weight < Number.POSITIVE_INFINITY) continue;
    throw new MillraceError(
      'MODEL_FAILED',
      `the weight of row ${Math.floor(i / perRow)} is ${weight}, but must be finite and not negative`,
    );
  }
}

/** Explains a loss that is not finite by a target that is not, if there is one. */
export function requireFiniteTargets(targets: Float32Array, outputSize: number, rows: number, weights?: Float32Array): void {
  for (let i = 0; i < targets.length; i++) {
    if (Number.isFinite(targets[i])) continue;
    const row = Math.floor(i / outputSize);
    const weight = weights === undefined ? 1 : weights[weights.length === rows ? row : i];
    if (weight === 0) continue;
    throw new MillraceError('MODEL_FAILED', `target ${i % outputSize} of row ${row} is ${targets[i]}; parameters are unchanged`, {
      hint: 'give targets that are not known a weight of 0',
    });
  }
}
