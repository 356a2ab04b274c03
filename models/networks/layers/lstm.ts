import { opcodes } from '../../../kernels/index.ts';
import { glorotUniform, type Initializer, orthogonal, zeros } from '../initializers.ts';
import { requireCount } from '../shape.ts';
import { ROW_BLOCK } from './dense.ts';
import { defineLayer, type Layer } from './layer.ts';
import { clearCarriedGradient, type RecurrentOptions, recurrentOutputShape, recurrentParts } from './recurrent.ts';

export interface LstmOptions extends RecurrentOptions {
  /** Starts the forget gate's bias at 1 (default), so that cells remember from the first step on. */
  readonly unitForgetBias?: boolean;
}

/** zeros, but ones for the second of four gates. */
function forgetBias(units: number): Initializer {
  return { name: 'forgetBias', values: () => Float32Array.from({ length: 4 * units }, (_, i) => (i >= units && i < 2 * units ? 1 : 0)) };
}

/**
 * Long short-term memory: i = s(x Wi + h Ui + bi), f = s(..), g = tanh(..), o = s(..), c' = f c + i g, h' = o tanh c'.
 *
 * Shapes: [steps, features] to [units], or to [steps, units] with `returnSequences`. A second input [1] gives each sample's length in steps.
 * Parameters: kernel [features, 4 units], recurrentKernel [units, 4 units], bias [4 units], gates in the order i, f, g, o; one bias, as in Keras.
 *
 * Source: S. Hochreiter, J. Schmidhuber, 1997, with the forget gate of F. Gers et al., 2000.
 *
 * @example
 * sequential([lstm(64, { returnSequences: true }), lstm(32), dense(1)], { inputShape: [32, 8] })
 */
export function lstm(units: number, options: LstmOptions = {}): Layer {
  const { returnSequences = false, kernelInitializer = glorotUniform(), recurrentInitializer = orthogonal(), name } = options;
  const { unitForgetBias = true } = options;
  const biasInitializer = options.biasInitializer ?? (unitForgetBias ? forgetBias(units) : zeros());
  return defineLayer({
    kind: 'lstm',
    ...(name !== undefined && { name }),
    config: { units, returnSequences },
    outputShape(inputs, label) {
      requireCount(label, 'units', units);
      return recurrentOutputShape(inputs, units, returnSequences, label);
    },
    emit(builder, inputs) {
      const parts = recurrentParts(builder, inputs, units, returnSequences);
      const { x, steps, features, sequence, lengths } = parts;
      const width = sequence.pitch;
      const gated = { gates: 4, fanIn: features, fanOut: 4 * units };
      const recurrent = { gates: 4, fanIn: units, fanOut: 4 * units };
      const weights = [
        builder.parameter({ role: 'kernel', shape: [features, 4 * units], ...gated, initializer: kernelInitializer }),
        builder.parameter({ role: 'recurrentKernel', shape: [units, 4 * units], ...recurrent, initializer: recurrentInitializer }),
        builder.parameter({ role: 'bias', shape: [4 * units], ...gated, initializer: biasInitializer }),
      ];
      const states = [builder.perRow(steps * 4 * width), sequence.address, builder.perRow(steps * width), builder.perRow(steps * width)];
      const sizes = [4 * width * (2 * width + 16), ROW_BLOCK * (4 * width + 8), 4 * width * Math.max(units, x.pitch)];
      const scratch = builder.scratch(Math.max(...sizes));
      const dc = builder.perRow(width);
      const own = [steps, features, units, x.address, x.pitch, ...weights, ...states];
      builder.forward(opcodes.LSTM_FORWARD, [...own, ...lengths, scratch]);
      parts.finish();
      builder.onBackward(() => {
        clearCarriedGradient(builder, parts);
        builder.backward(opcodes.LSTM_BACKWARD, [...own, parts.dh, dc, parts.dSequence, x.gradient, ...lengths, scratch]);
      });
      return parts.output;
    },
    flops: ([shape]) => 24 * shape![0]! * units * (shape![1]! + units),
  });
}
