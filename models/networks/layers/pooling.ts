import { opcodes } from '../../../kernels/index.ts';
import type { PlanBuilder } from '../plan-builder.ts';
import { type Shape, shapeError, shapeSize } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { type Axis, type Pair, pair, slide } from './image.ts';
import { defineLayer, type Layer } from './layer.ts';

export interface Pool1dOptions {
  /** Default: the pool size. */
  readonly strides?: number;
  readonly padding?: 'valid' | 'same';
  readonly name?: string;
}

export interface Pool2dOptions {
  /** Default: the pool size. */
  readonly strides?: Pair;
  readonly padding?: 'valid' | 'same';
  readonly name?: string;
}

/** Largest value of each window of a sequence: [steps, channels] to [outSteps, channels]. */
export function maxPool1d(poolSize = 2, options: Pool1dOptions = {}): Layer {
  return pooling('maxPool1d', 'max', [poolSize], [options.strides ?? poolSize], options);
}

/** Largest value of each window of an image: [height, width, channels] to [outHeight, outWidth, channels]. */
export function maxPool2d(poolSize: Pair = 2, options: Pool2dOptions = {}): Layer {
  return pooling('maxPool2d', 'max', pair(poolSize), pair(options.strides ?? poolSize), options);
}

/** Mean of each window of a sequence; with padding 'same', of the steps that exist. */
export function averagePool1d(poolSize = 2, options: Pool1dOptions = {}): Layer {
  return pooling('averagePool1d', 'average', [poolSize], [options.strides ?? poolSize], options);
}

/** Mean of each window of an image; with padding 'same', of the pixels that exist. */
export function averagePool2d(poolSize: Pair = 2, options: Pool2dOptions = {}): Layer {
  return pooling('averagePool2d', 'average', pair(poolSize), pair(options.strides ?? poolSize), options);
}

/** Largest value of each channel: [steps, channels] or [height, width, channels] to [channels]. */
export function globalMaxPool(options: { readonly name?: string } = {}): Layer {
  return globalPooling('globalMaxPool', 'max', options.name);
}

/** Mean of each channel: [steps, channels] or [height, width, channels] to [channels]. */
export function globalAveragePool(options: { readonly name?: string } = {}): Layer {
  return globalPooling('globalAveragePool', 'average', options.name);
}

function pooling(
  kind: string,
  reduce: 'max' | 'average',
  size: readonly number[],
  strides: readonly number[],
  options: { readonly padding?: 'valid' | 'same'; readonly name?: string },
): Layer {
  const { padding = 'valid', name } = options;
  const axes = (inputs: readonly Shape[], label: string): [Axis, Axis] => {
    const [shape] = inputs;
    if (inputs.length !== 1 || shape?.length !== size.length + 1) {
      throw shapeError(label, size.length === 1 ? 'a sequence [steps, channels]' : 'an image [height, width, channels]', inputs);
    }
    const own = size.map((kernel, i) => slide(label, { size: shape[i]!, kernel, stride: strides[i]!, padding }));
    return own.length === 1 ? [single(label), own[0]!] : [own[0]!, own[1]!];
  };
  return defineLayer({
    kind,
    ...(name !== undefined && { name }),
    config: { poolSize: size, strides, padding },
    pool: { reduce, size, strides, padding },
    outputShape(inputs, label) {
      const [rows, columns] = axes(inputs, label);
      return [...(size.length === 2 ? [rows.out] : []), columns.out, inputs[0]!.at(-1)!];
    },
    emit(builder, [x]) {
      const [rows, columns] = axes([x!.shape], builder.label);
      const output = [...(size.length === 2 ? [rows.out] : []), columns.out, x!.shape.at(-1)!];
      return emitPooling(builder, x!, rows, columns, output, reduce);
    },
    flops: (_inputs, output) => 2 * shapeSize(size) * shapeSize(output),
  });
}

function single(label: string): Axis {
  return slide(label, { size: 1, kernel: 1, stride: 1, padding: 'valid' });
}

function globalPooling(kind: string, reduce: 'max' | 'average', name?: string): Layer {
  return defineLayer({
    kind,
    ...(name !== undefined && { name }),
    config: {},
    outputShape(inputs, label) {
      const [shape] = inputs;
      if (inputs.length !== 1 || shape === undefined || shape.length < 2) throw shapeError(label, 'a sequence or an image', inputs);
      return [shape.at(-1)!];
    },
    emit(builder, [x]) {
      const channels = x!.shape.at(-1)!;
      const positions = shapeSize(x!.shape) / channels;
      const columns = slide(builder.label, { size: positions, kernel: positions, stride: 1, padding: 'valid' });
      return emitPooling(builder, x!, single(builder.label), columns, [channels], reduce);
    },
    flops: ([shape]) => 2 * shapeSize(shape!),
  });
}

function emitPooling(builder: PlanBuilder, source: Tensor, rows: Axis, columns: Axis, output: Shape, reduce: 'max' | 'average'): Tensor {
  const x = builder.padded(builder.batchMajor(source));
  const y = builder.output(output, [x]);
  const windows = [rows.kernel, columns.kernel, rows.stride, columns.stride, rows.before, columns.before, rows.out, columns.out];
  const shape = [rows.size, columns.size, x.pitch, ...windows];
  const max = reduce === 'max';
  builder.forward(max ? opcodes.MAX_POOL_FORWARD : opcodes.AVERAGE_POOL_FORWARD, [...shape, x.address, y.address]);
  builder.onBackward(() => {
    if (x.gradient === 0) return;
    if (max) builder.backward(opcodes.MAX_POOL_BACKWARD, [...shape, x.address, y.address, y.gradient, x.gradient]);
    else builder.backward(opcodes.AVERAGE_POOL_BACKWARD, [...shape, y.gradient, x.gradient]);
  });
  return y;
}
