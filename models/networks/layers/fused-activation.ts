import { opcodes } from '../../../kernels/index.ts';
import { type Activation, activationCode, LEAKY_SLOPE } from '../activations.ts';
import { type PlanBuilder, real } from '../plan-builder.ts';
import { rowFloats, type Tensor } from '../tensor.ts';

/** How a layer with an `activation` option computes it. */
export interface FusedActivation {
  /** Code for the layer's own instruction; gelu is computed behind it, since its derivative needs the input. */
  readonly code: number;
  /** `real` word: leakyRelu's slope. */
  readonly slope: number;
  /** The tensor that the layer's own instruction writes; its gradient is dJ/dz once `emitBackward` has run. */
  readonly pre: Tensor;
  /** Emits the derivative; within an onBackward step, before the layer's own instructions. */
  emitBackward(): void;
}

/** Prepares an activation on `output`. Call before the layer's forward instruction, then `emitForward` after it. */
export function fuseActivation(builder: PlanBuilder, activation: Activation, output: Tensor): FusedActivation & { emitForward(): void } {
  const code = activationCode(activation, builder.label);
  const slope = real(LEAKY_SLOPE);
  const floats = rowFloats(output);
  const separate = activation === 'gelu';
  const pre = separate ? { ...output, address: builder.perRow(floats) } : output;
  return {
    code: separate ? 0 : code,
    slope,
    pre,
    emitForward() {
      if (separate) builder.forward(opcodes.ACTIVATE, [code, pre.address, output.address, floats, slope]);
    },
    emitBackward() {
      if (code !== 0) builder.backward(opcodes.ACTIVATE_BACKWARD, [code, pre.address, output.gradient, floats, slope]);
    },
  };
}
