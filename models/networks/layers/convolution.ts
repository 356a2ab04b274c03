import { opcodes } from '../../../kernels/index.ts';
import { type Activation, activationCode } from '../activations.ts';
import { glorotUniform, type Initializer, zeros } from '../initializers.ts';
import type { PlanBuilder } from '../plan-builder.ts';
import { requireCount, type Shape, shapeError, shapeSize } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { ROW_BLOCK } from './dense.ts';
import { fuseActivation } from './fused-activation.ts';
import { type Axis, type Padding, type Pair, padImage, pair, slide } from './image.ts';
import { defineLayer, type Layer } from './layer.ts';

interface ConvolutionOptions {
  readonly activation?: Activation;
  readonly kernelInitializer?: Initializer;
  readonly biasInitializer?: Initializer;
  readonly name?: string;
}

export interface Conv1dOptions extends ConvolutionOptions {
  readonly strides?: number;
  readonly padding?: Padding;
  readonly dilationRate?: number;
}

export interface Conv2dOptions extends ConvolutionOptions {
  readonly strides?: Pair;
  readonly padding?: 'valid' | 'same';
  readonly dilationRate?: Pair;
}

/** A convolution in two dimensions, whatever the layer's own. */
interface Geometry {
  readonly rows: Axis;
  readonly columns: Axis;
  readonly channels: number;
  readonly output: Shape;
}

/**
 * Convolution along a sequence.
 *
 * Shapes: [steps, channels] to [outSteps, filters]. Parameters: kernel [kernelSize, channels, filters], bias [filters].
 *
 * @example
 * conv1d(32, 5, { activation: 'relu', padding: 'causal', dilationRate: 2 })
 */
export function conv1d(filters: number, kernelSize: number, options: Conv1dOptions = {}): Layer {
  const { strides = 1, padding = 'valid', dilationRate = 1 } = options;
  return convolution('conv1d', filters, [kernelSize], options, { strides, padding, dilationRate }, (inputs, label) => {
    const [shape] = inputs;
    if (inputs.length !== 1 || shape?.length !== 2) throw shapeError(label, 'a sequence [steps, channels]', inputs);
    const rows = slide(label, { size: 1, kernel: 1, stride: 1, padding: 'valid' });
    const columns = slide(label, { size: shape[0]!, kernel: kernelSize, stride: strides, dilation: dilationRate, padding });
    return { rows, columns, channels: shape[1]!, output: [columns.out, filters] };
  });
}

/**
 * Convolution over channels-last images.
 *
 * Shapes: [height, width, channels] to [outHeight, outWidth, filters]. Parameters: kernel [kernelHeight, kernelWidth, channels, filters], bias [filters].
 * Followed directly by `maxPool2d(2)`, at stride 1 and with relu or no activation, both are computed in one pass where the input needs no gradient.
 *
 * @example
 * sequential([conv2d(32, 5, { activation: 'relu' }), maxPool2d(2), flatten(), dense(10)], { inputShape: [28, 28, 1] })
 */
export function conv2d(filters: number, kernelSize: Pair, options: Conv2dOptions = {}): Layer {
  const { strides = 1, padding = 'valid', dilationRate = 1 } = options;
  const [kernelHeight, kernelWidth] = pair(kernelSize);
  const [strideHeight, strideWidth] = pair(strides);
  const [dilationHeight, dilationWidth] = pair(dilationRate);
  const geometry = { strides: pair(strides), padding, dilationRate: pair(dilationRate) };
  return convolution('conv2d', filters, [kernelHeight, kernelWidth], options, geometry, (inputs, label) => {
    const [shape] = inputs;
    if (inputs.length !== 1 || shape?.length !== 3) throw shapeError(label, 'an image [height, width, channels]', inputs);
    const rows = slide(label, { size: shape[0]!, kernel: kernelHeight, stride: strideHeight, dilation: dilationHeight, padding });
    const columns = slide(label, { size: shape[1]!, kernel: kernelWidth, stride: strideWidth, dilation: dilationWidth, padding });
    return { rows, columns, channels: shape[2]!, output: [rows.out, columns.out, filters] };
  });
}

function convolution(
  kind: string,
  filters: number,
  kernelSize: readonly number[],
  options: ConvolutionOptions,
  config: Readonly<Record<string, unknown>>,
  geometryOf: (inputs: readonly Shape[], label: string) => Geometry,
): Layer {
  const { activation = 'linear', kernelInitializer = glorotUniform(), biasInitializer = zeros(), name } = options;
  const parameters = (builder: PlanBuilder, channels: number): Weights => {
    const window = shapeSize(kernelSize);
    const fans = { fanIn: window * channels, fanOut: window * filters };
    const kernel = builder.parameter({
      role: 'kernel',
      shape: [...kernelSize, channels, filters],
      ...fans,
      initializer: kernelInitializer,
    });
    return { kernel, bias: builder.parameter({ role: 'bias', shape: [filters], ...fans, initializer: biasInitializer }) };
  };
  return defineLayer({
    kind,
    ...(name !== undefined && { name }),
    config: { filters, kernelSize, activation, ...config },
    outputShape(inputs, label) {
      requireCount(label, 'filters', filters);
      activationCode(activation, label);
      return geometryOf(inputs, label).output;
    },
    emit(builder, [source]) {
      const geometry = geometryOf([source!.shape], builder.label);
      const x = padImage(builder, builder.batchMajor(source!), geometry.rows, geometry.columns);
      return emitConvolution(builder, x, geometry, activation, parameters(builder, geometry.channels));
    },
    emitWithNext(builder, [source], next) {
      const geometry = geometryOf([source!.shape], builder.label);
      const { rows, columns } = geometry;
      const { pool } = next;
      const steps = [rows.stride, columns.stride, columns.dilation, rows.dilation];
      const plain = steps.every((step) => step === 1) && (activation === 'relu' || activation === 'linear');
      const pooled = pool?.reduce === 'max' && pool.padding === 'valid' && fusablePool(pool, kind);
      const pitchFits = source!.pitch === geometry.channels;
      if (!plain || !pooled || !pitchFits || source!.gradient !== 0 || columns.out < 2 || (kind === 'conv2d' && rows.out < 2))
        return undefined;
      const x = padImage(builder, builder.batchMajor(source!), rows, columns);
      return emitConvolutionPool(builder, x, geometry, activation === 'relu', kind === 'conv2d', parameters(builder, geometry.channels));
    },
    flops: ([shape], output) => 6 * shapeSize(kernelSize) * shape!.at(-1)! * shapeSize(output),
  });
}

interface Weights {
  readonly kernel: number;
  readonly bias: number;
}

/** Pooling by 2 with stride 2, along the width (sequences) or both axes (images). */
function fusablePool(pool: { size: readonly number[]; strides: readonly number[] }, kind: string): boolean {
  const wanted = kind === 'conv2d' ? 2 : 1;
  return pool.size.length === wanted && [...pool.size, ...pool.strides].every((value) => value === 2);
}

function shapeWords(
  x: Tensor,
  geometry: Geometry,
  strides: readonly [number, number],
  out: readonly [number, number],
  filters: number,
): number[] {
  const { rows, columns, channels } = geometry;
  const height = rows.before + rows.size + rows.after;
  const width = columns.before + columns.size + columns.after;
  return [height, width, x.pitch, channels, rows.kernel, columns.kernel, ...strides, rows.dilation, columns.dilation, ...out, filters];
}

function emitConvolution(builder: PlanBuilder, x: Tensor, geometry: Geometry, activation: Activation, weights: Weights): Tensor {
  const { rows, columns, output } = geometry;
  const y = builder.output(output, 'parameters');
  const { code, slope, pre, emitForward, emitBackward } = fuseActivation(builder, activation, y);
  const shape = shapeWords(x, geometry, [rows.stride, columns.stride], [rows.out, columns.out], y.pitch);
  const taps = rows.kernel * columns.kernel;
  const scratch = builder.scratch(Math.max(ROW_BLOCK * (y.pitch + 8), taps * (x.pitch + 4) * y.pitch));
  builder.forward(opcodes.CONVOLUTION_FORWARD, [...shape, x.address, weights.kernel, weights.bias, pre.address, code, slope]);
  emitForward();
  builder.onBackward(() => {
    emitBackward();
    builder.backward(opcodes.CONVOLUTION_BACKWARD, [...shape, x.address, weights.kernel, weights.bias, y.gradient, x.gradient, scratch]);
  });
  return y;
}

function emitConvolutionPool(
  builder: PlanBuilder,
  x: Tensor,
  geometry: Geometry,
  rectify: boolean,
  square: boolean,
  weights: Weights,
): Tensor {
  const { rows, columns, output } = geometry;
  const out = [square ? Math.floor(rows.out / 2) : 1, Math.floor(columns.out / 2)] as const;
  const filters = output.at(-1)!;
  const y = builder.output(square ? [...out, filters] : [out[1], filters], 'parameters');
  const shape = shapeWords(x, geometry, [square ? 2 : 1, 2], out, y.pitch);
  const index = builder.perRow(y.positions * y.pitch);
  const own = [...shape, x.address, weights.kernel, weights.bias, y.address, index];
  const scratch = builder.scratch(40);
  builder.forward(opcodes.CONVOLUTION_POOL_FORWARD, [...own, rectify ? 1 : 0]);
  builder.onBackward(() => builder.backward(opcodes.CONVOLUTION_POOL_BACKWARD, [...own, y.gradient, rectify ? 1 : 0, scratch]));
  return y;
}
