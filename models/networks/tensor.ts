import { paddedWidth, type Shape, shapeSize } from './shape.ts';

/**
 * A layer's input or output for one shard of rows. In the arena it is `positions` rows of `pitch` floats per sample: the last axis padded to
 * whole vectors (not so for what the user hands in). A sequence may be time-major: [steps][rows][pitch].
 */
export interface Tensor {
  readonly shape: Shape;
  /** Floats from one position of the last axis to the next. */
  readonly pitch: number;
  /** Product of all axes but the last. */
  readonly positions: number;
  readonly timeMajor: boolean;
  readonly address: number;
  /** Address of dJ/d(this tensor), or 0 where no parameter lies upstream. */
  readonly gradient: number;
}

/** Floats that one sample takes in the arena. */
export function rowFloats(tensor: Tensor): number {
  return tensor.positions * tensor.pitch;
}

/** Positions and pitch of a shape whose last axis is padded. */
export function paddedLayout(shape: Shape): { pitch: number; positions: number } {
  const width = shape.at(-1)!;
  return { pitch: paddedWidth(width), positions: width === 0 ? 0 : shapeSize(shape) / width };
}

/** True if the floats of a sample lie without gaps. */
export function isCompact(tensor: Tensor): boolean {
  return !tensor.timeMajor && (tensor.pitch === tensor.shape.at(-1) || tensor.positions === 1);
}
