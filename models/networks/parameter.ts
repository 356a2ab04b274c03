import type { Random } from '../../kernels/index.ts';
import type { Initializer } from './initializers.ts';
import { paddedWidth, type Shape, shapeSize } from './shape.ts';

/** What a layer asks for: a tensor of trainable numbers. */
export interface ParameterRequest {
  /** 'kernel', 'bias', ... as in Keras. */
  readonly role: string;
  /** Canonical shape; the last axis is `gates` blocks side by side. */
  readonly shape: Shape;
  readonly gates?: number;
  /** Inputs and outputs of one unit, for initializers that scale by them. */
  readonly fanIn: number;
  readonly fanOut: number;
  readonly initializer: Initializer;
  /** Keeps the numbers as one unpadded run (the weights of a single unit). */
  readonly compact?: boolean;
}

/** A parameter's place: `rows` rows of `gates` blocks, each `units` floats padded to `blockPitch`. */
export interface Parameter extends ParameterRequest {
  /** `<layer>.<role>`. */
  readonly name: string;
  readonly rows: number;
  readonly blocks: number;
  readonly units: number;
  readonly blockPitch: number;
  /** Place among all parameters, in floats. */
  readonly offset: number;
  /** Floats taken, a multiple of 4. */
  readonly length: number;
}

export function placeParameter(layer: string, request: ParameterRequest, offset: number): Parameter {
  const name = `${layer}.${request.role}`;
  if (request.compact) {
    const units = shapeSize(request.shape);
    return { ...request, name, rows: 1, blocks: 1, units, blockPitch: paddedWidth(units), offset, length: paddedWidth(units) };
  }
  const blocks = request.gates ?? 1;
  const units = request.shape.at(-1)! / blocks;
  const rows = shapeSize(request.shape.slice(0, -1));
  const blockPitch = paddedWidth(units);
  return { ...request, name, rows, blocks, units, blockPitch, offset, length: rows * blocks * blockPitch };
}

/** First values, canonical (unpadded, row-major). */
export function initialValues(parameter: Parameter, random: Random): Float32Array {
  return parameter.initializer.values(parameter.shape, { fanIn: parameter.fanIn, fanOut: parameter.fanOut }, random);
}

/** Copies canonical values into padded storage, or back. `base` is the address in floats of the array that `offset` counts from. */
export function writePadded(parameter: Parameter, values: Float32Array, arena: Float32Array, base: number): void {
  const { rows, blocks, units, blockPitch, offset } = parameter;
  if (units === blockPitch) {
    arena.set(values, base + offset);
    return;
  }
  for (let block = 0; block < rows * blocks; block++) {
    const at = base + offset + block * blockPitch;
    for (let i = 0; i < units; i++) arena[at + i] = values[block * units + i]!;
  }
}

export function readPadded(parameter: Parameter, arena: Float32Array, base: number): Float32Array {
  const { rows, blocks, units, blockPitch, offset } = parameter;
  if (units === blockPitch) return arena.slice(base + offset, base + offset + rows * blocks * units);
  const values = new Float32Array(rows * blocks * units);
  for (let block = 0; block < rows * blocks; block++) {
    const at = base + offset + block * blockPitch;
    for (let i = 0; i < units; i++) values[block * units + i] = arena[at + i]!;
  }
  return values;
}
