import { opcodes } from '../../../kernels/index.ts';
import type { Activation } from '../activations.ts';
import { glorotUniform, type Initializer, zeros } from '../initializers.ts';
import type { PlanBuilder } from '../plan-builder.ts';
import { paddedWidth, requireCount, type Shape, shapeError, shapeSize } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { fuseActivation } from './fused-activation.ts';
import { defineLayer, type Layer } from './layer.ts';

export interface DenseOptions {
  readonly activation?: Activation;
  readonly kernelInitializer?: Initializer;
  readonly biasInitializer?: Initializer;
  readonly name?: string;
}

/** Rows of D that the kernels pack at a time; see ROW_BLOCK in kernels/assembly/gemm-transposed.ts. */
export const ROW_BLOCK = 64;

/** Scratch of a product with k inputs (stride ldx) and n padded outputs, forward and backward. */
export function productScratch(k: number, n: number, ldx: number): number {
  const panels = (n + 7) & ~7;
  return Math.max(k * panels, ROW_BLOCK * panels, n * paddedWidth(ldx));
}

/**
 * Fully connected layer: activation(x W + b) on the last axis.
 *
 * Shapes: [features] to [units]; [steps, features] to [steps, units].
 * Parameters: kernel [features, units], bias [units].
 *
 * @example
 * dense(64, { activation: 'relu' })
 */
export function dense(units: number, options: DenseOptions = {}): Layer {
  const { activation = 'linear', kernelInitializer = glorotUniform(), biasInitializer = zeros(), name } = options;
  return defineLayer({
    kind: 'dense',
    ...(name !== undefined && { name }),
    config: { units, activation },
    outputShape(inputs, label) {
      requireCount(label, 'units', units);
      const [shape] = inputs;
      if (inputs.length !== 1 || shape === undefined || shape.length < 1) throw shapeError(label, 'one input', inputs);
      return [...shape.slice(0, -1), units];
    },
    emit(builder, [x]) {
      const features = x!.shape.at(-1)!;
      const fans = { fanIn: features, fanOut: units };
      const compact = units === 1;
      const kernel = builder.parameter({ role: 'kernel', shape: [features, units], ...fans, initializer: kernelInitializer, compact });
      const bias = builder.parameter({ role: 'bias', shape: [units], ...fans, initializer: biasInitializer });
      return emitDense(builder, x!, { units, activation, kernel, bias });
    },
    flops: ([shape], output) => 6 * shape!.at(-1)! * shapeSize(output),
  });
}

function emitDense(
  builder: PlanBuilder,
  x: Tensor,
  parts: { units: number; activation: Activation; kernel: number; bias: number },
): Tensor {
  const { units, kernel, bias } = parts;
  const features = x.shape.at(-1)!;
  const shape: Shape = [...x.shape.slice(0, -1), units];
  const y = builder.output(shape, 'parameters', x.timeMajor);
  const { code, slope, pre, emitForward, emitBackward } = fuseActivation(builder, parts.activation, y);
  const single = units === 1;
  const scratch = single ? 0 : builder.scratch(productScratch(features, y.pitch, x.pitch));
  const sizes = single ? [features, x.positions] : [features, y.pitch, x.positions];
  const own = [...sizes, x.address, x.pitch, kernel, bias];
  if (single) builder.forward(opcodes.SINGLE_UNIT_FORWARD, [...own, pre.address, code, slope]);
  else builder.forward(opcodes.DENSE_FORWARD, [...own, pre.address, code, slope, scratch]);
  emitForward();
  builder.onBackward(() => {
    emitBackward();
    if (single) builder.backward(opcodes.SINGLE_UNIT_BACKWARD, [...own, y.gradient, x.gradient]);
    else builder.backward(opcodes.DENSE_BACKWARD, [...own, y.gradient, x.gradient, scratch]);
  });
  return y;
}
