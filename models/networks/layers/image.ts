import { opcodes } from '../../../kernels/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import type { PlanBuilder } from '../plan-builder.ts';
import { requireCount } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/** 'valid': windows lie within the input. 'same': the output has ceil(size / stride) positions. 'causal' (sequences): only earlier steps are seen. */
export type Padding = 'valid' | 'same' | 'causal';

/** A number for both axes, or [height, width]. */
export type Pair = number | readonly [number, number];

/** One axis of a window that slides. */
export interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly out: number;
}

export function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

/** Where windows lie along one axis; throws when there is room for none. */
export function slide(label: string, axis: { size: number; kernel: number; stride: number; dilation?: number; padding: Padding }): Axis {
  const { size, padding, dilation = 1 } = axis;
  const kernel = requireCount(label, 'the window size', axis.kernel);
  const stride = requireCount(label, 'the stride', axis.stride);
  requireCount(label, 'the dilation', dilation);
  const reach = (kernel - 1) * dilation + 1;
  let before = 0;
  let after = 0;
  if (padding === 'same') {
    const total = Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0);
    before = Math.floor(total / 2);
    after = total - before;
  } else if (padding === 'causal') before = reach - 1;
  else if (padding !== 'valid') throw new MillraceError('INVALID_OPTION', `layer '${label}': padding '${padding}' is unknown`);
  const out = Math.floor((size + before + after - reach) / stride) + 1;
  if (out < 1) throw new MillraceError('INVALID_OPTION', `layer '${label}': a window of ${reach} does not fit into an input of ${size}`);
  return { size, kernel, stride, dilation, before, after, out };
}

/** An image within a border of zeros; the same tensor where there is no border. */
export function padImage(builder: PlanBuilder, x: Tensor, rows: Axis, columns: Axis): Tensor {
  const height = rows.before + rows.size + rows.after;
  const width = columns.before + columns.size + columns.after;
  if (height === rows.size && width === columns.size) return x;
  const floats = height * width * x.pitch;
  const address = builder.perRow(floats);
  const gradient = x.gradient === 0 ? 0 : builder.perRow(floats);
  const geometry = [rows.size, columns.size, x.pitch, rows.before, columns.before, height, width];
  builder.forward(opcodes.PAD_IMAGE, [...geometry, x.address, address]);
  builder.onBackward(() => {
    if (gradient !== 0) builder.backward(opcodes.CROP_IMAGE, [...geometry, gradient, x.gradient]);
  });
  const channels = x.shape.at(-1)!;
  return { shape: [height, width, channels], pitch: x.pitch, positions: height * width, timeMajor: false, address, gradient };
}
