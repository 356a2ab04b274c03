import { opcodes } from '../../../kernels/index.ts';
import { glorotUniform, orthogonal, zeros } from '../initializers.ts';
import { requireCount } from '../shape.ts';
import { ROW_BLOCK } from './dense.ts';
import { defineLayer, type Layer } from './layer.ts';
import { clearCarriedGradient, type RecurrentOptions, recurrentOutputShape, recurrentParts } from './recurrent.ts';

/**
 * Gated recurrent unit, with the reset gate after the recurrent product (Keras' `reset_after`, PyTorch's form):
 * r = s(x Wr + h Ur + br), z = s(x Wz + h Uz + bz), n = tanh(x Wn + bn + r * (h Un + cn)), h' = (1 - z) n + z h.
 *
 * Shapes: [steps, features] to [units], or to [steps, units] with `returnSequences`. A second input [1] gives each sample's length in steps.
 * Parameters: kernel [features, 3 units] (gates n, r, z), recurrentKernel [units, 3 units] (gates r, z, n), and a bias for each.
 *
 * Source: K. Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014.
 *
 * @example
 * sequential([gru(32), dense(1)], { inputShape: [24, 8] })
 */
export function gru(units: number, options: RecurrentOptions = {}): Layer {
  const { returnSequences = false, kernelInitializer = glorotUniform(), name } = options;
  const { recurrentInitializer = orthogonal(), biasInitializer = zeros() } = options;
  return defineLayer({
    kind: 'gru',
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
      const gated = { gates: 3, fanIn: features, fanOut: 3 * units };
      const recurrentFans = { gates: 3, fanIn: units, fanOut: 3 * units };
      const kernel = builder.parameter({ role: 'kernel', shape: [features, 3 * units], ...gated, initializer: kernelInitializer });
      const recurrentKernel = builder.parameter({
        role: 'recurrentKernel',
        shape: [units, 3 * units],
        ...recurrentFans,
        initializer: recurrentInitializer,
      });
      const bias = builder.parameter({ role: 'bias', shape: [3 * units], ...gated, initializer: biasInitializer });
      const recurrentBias = builder.parameter({
        role: 'recurrentBias',
        shape: [3 * units],
        ...recurrentFans,
        initializer: biasInitializer,
      });
      const gates = builder.perRow(steps * 4 * width);
      const scratch = builder.scratch(
        Math.max(3 * width * (units + 8), 6 * width * (width + 8), ROW_BLOCK * (3 * width + 8), 3 * width * x.pitch),
      );
      const own = [steps, features, units, x.address, x.pitch, kernel, recurrentKernel, bias, recurrentBias, gates, sequence.address];
      builder.forward(opcodes.GRU_FORWARD, [...own, ...lengths, scratch]);
      parts.finish();
      builder.onBackward(() => {
        clearCarriedGradient(builder, parts);
        builder.backward(opcodes.GRU_BACKWARD, [...own, parts.dh, parts.dSequence, x.gradient, ...lengths, scratch]);
      });
      return parts.output;
    },
    flops: ([shape]) => 18 * shape![0]! * units * (shape![1]! + units),
  });
}
