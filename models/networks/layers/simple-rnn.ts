import { opcodes } from '../../../kernels/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { activationCode } from '../activations.ts';
import { glorotUniform, orthogonal, zeros } from '../initializers.ts';
import { requireCount } from '../shape.ts';
import { ROW_BLOCK } from './dense.ts';
import { defineLayer, type Layer } from './layer.ts';
import { clearCarriedGradient, type RecurrentOptions, recurrentOutputShape, recurrentParts } from './recurrent.ts';

export interface SimpleRnnOptions extends RecurrentOptions {
  /** Default tanh. */
  readonly activation?: 'tanh' | 'relu' | 'sigmoid' | 'linear';
}

/**
 * The plain recurrent layer: h' = f(x W + h U + b), trained by back-propagation through time.
 *
 * Shapes: [steps, features] to [units], or to [steps, units] with `returnSequences`. A second input [1] gives each sample's length in steps.
 * Parameters: kernel [features, units], recurrentKernel [units, units], bias [units].
 *
 * Source: J. Elman, "Finding structure in time", 1990.
 *
 * @example
 * sequential([simpleRnn(10), dense(1)], { inputShape: [10, 10] })
 */
export function simpleRnn(units: number, options: SimpleRnnOptions = {}): Layer {
  const { returnSequences = false, activation = 'tanh', name } = options;
  const { kernelInitializer = glorotUniform(), recurrentInitializer = orthogonal(), biasInitializer = zeros() } = options;
  return defineLayer({
    kind: 'simpleRnn',
    ...(name !== undefined && { name }),
    config: { units, activation, returnSequences },
    outputShape(inputs, label) {
      requireCount(label, 'units', units);
      if (!['tanh', 'relu', 'sigmoid', 'linear'].includes(activation)) {
        throw new MillraceError('INVALID_OPTION', `layer '${label}': activation '${activation}' is not one of tanh, relu, sigmoid, linear`);
      }
      return recurrentOutputShape(inputs, units, returnSequences, label);
    },
    emit(builder, inputs) {
      const parts = recurrentParts(builder, inputs, units, returnSequences);
      const { x, steps, features, sequence, lengths } = parts;
      const width = sequence.pitch;
      const fans = { fanIn: features, fanOut: units };
      const weights = [
        builder.parameter({ role: 'kernel', shape: [features, units], ...fans, initializer: kernelInitializer }),
        builder.parameter({
          role: 'recurrentKernel',
          shape: [units, units],
          fanIn: units,
          fanOut: units,
          initializer: recurrentInitializer,
        }),
        builder.parameter({ role: 'bias', shape: [units], ...fans, initializer: biasInitializer }),
      ];
      const dz = builder.perRow(steps * width);
      const scratch = builder.scratch(Math.max(width * width, ROW_BLOCK * (width + 8), width * x.pitch));
      const code = activationCode(activation, builder.label);
      const own = [steps, features, units, x.address, x.pitch, ...weights, sequence.address];
      builder.forward(opcodes.SIMPLE_RNN_FORWARD, [...own, code, ...lengths]);
      parts.finish();
      builder.onBackward(() => {
        clearCarriedGradient(builder, parts);
        builder.backward(opcodes.SIMPLE_RNN_BACKWARD, [...own, dz, parts.dh, parts.dSequence, x.gradient, code, ...lengths, scratch]);
      });
      return parts.output;
    },
    flops: ([shape]) => 6 * shape![0]! * units * (shape![1]! + units),
  });
}
