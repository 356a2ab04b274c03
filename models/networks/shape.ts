import { MillraceError } from '../../streams/index.ts';

/** Sizes of one sample's axes, without the batch: [features], [steps, features] or [height, width, channels]. */
export type Shape = readonly number[];

/** Floats in one sample. */
export function shapeSize(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Rounds a count of floats up to whole 128-bit vectors. */
export function paddedWidth(width: number): number {
  return Math.ceil(width / 4) * 4;
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The error for a layer that cannot take what it is given; names the layer and the shapes. */
export function shapeError(layer: string, wanted: string, inputs: readonly Shape[]): MillraceError {
  return new MillraceError('INVALID_OPTION', `layer '${layer}' wants ${wanted}, but is given ${inputs.map(formatShape).join(' and ')}`);
}

/** Throws unless `value` is a whole number of at least `least`. */
export function requireCount(layer: string, option: string, value: number, least = 1): number {
  if (Number.isInteger(value) && value >= least && value <= 0x7fffffff) return value;
  throw new MillraceError('INVALID_OPTION', `layer '${layer}': ${option} is ${value}, but must be a whole number of at least ${least}`);
}
