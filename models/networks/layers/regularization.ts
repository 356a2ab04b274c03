import { opcodes } from '../../../kernels/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { ones, zeros } from '../initializers.ts';
import { real } from '../plan-builder.ts';
import { shapeError, shapeSize } from '../shape.ts';
import { rowFloats } from '../tensor.ts';
import { defineLayer, type Layer } from './layer.ts';

/**
 * In training, sets a share of values to zero and scales the others by 1 / (1 - rate); in prediction, passes all on. Which values depends on the
 * network's seed, the step and the value's place alone.
 *
 * Source: N. Srivastava et al., "Dropout", 2014.
 */
export function dropout(rate: number, options: { readonly name?: string } = {}): Layer {
  return defineLayer({
    kind: 'dropout',
    ...(options.name !== undefined && { name: options.name }),
    config: { rate },
    outputShape(inputs, label) {
      if (!(rate >= 0 && rate < 1)) throw new MillraceError('INVALID_OPTION', `layer '${label}': rate is ${rate}, but must be in [0, 1)`);
      if (inputs.length !== 1) throw shapeError(label, 'one input', inputs);
      return inputs[0]!;
    },
    emit(builder, [source]) {
      const x = builder.padded(source!);
      const y = builder.output(x.shape, [x], x.timeMajor);
      const floats = rowFloats(y);
      // Each dropout layer draws from a stream of its own, numbered in the order of the layers.
      const own = [floats, Math.floor(rate * 4294967296), real(1 / (1 - rate)), builder.nextSalt()];
      builder.forward(opcodes.DROPOUT, [x.address, y.address, ...own], ['training']);
      builder.forward(opcodes.COPY_ROWS, [1, floats, x.address, 0, floats, y.address, 0, floats], ['prediction', 'evaluation']);
      builder.onBackward(() => {
        if (x.gradient !== 0) builder.backward(opcodes.DROPOUT, [y.gradient, x.gradient, ...own]);
      });
      return y;
    },
  });
}

/**
 * Normalizes the last axis of every position to mean 0 and variance 1, then scales by gamma and shifts by beta.
 *
 * Parameters: gamma [features], beta [features]. `epsilon` is 1e-5 by default, PyTorch's (Keras has 1e-3).
 * Source: J. Ba, J. Kiros, G. Hinton, "Layer normalization", 2016.
 */
export function layerNorm(options: { readonly epsilon?: number; readonly name?: string } = {}): Layer {
  const { epsilon = 1e-5, name } = options;
  return defineLayer({
    kind: 'layerNorm',
    ...(name !== undefined && { name }),
    config: { epsilon },
    outputShape(inputs, label) {
      if (!(epsilon > 0)) throw new MillraceError('INVALID_OPTION', `layer '${label}': epsilon is ${epsilon}, but must be positive`);
      if (inputs.length !== 1) throw shapeError(label, 'one input', inputs);
      return inputs[0]!;
    },
    emit(builder, [source]) {
      const x = builder.padded(source!);
      const features = x.shape.at(-1)!;
      const fans = { fanIn: features, fanOut: features };
      const gamma = builder.parameter({ role: 'gamma', shape: [features], ...fans, initializer: ones() });
      const beta = builder.parameter({ role: 'beta', shape: [features], ...fans, initializer: zeros() });
      const y = builder.output(x.shape, 'parameters', x.timeMajor);
      const statistics = builder.perRow(2 * x.positions);
      const own = [features, x.pitch, x.positions, x.address];
      builder.forward(opcodes.LAYER_NORM_FORWARD, [...own, y.address, gamma, beta, statistics, real(epsilon)]);
      builder.onBackward(() => builder.backward(opcodes.LAYER_NORM_BACKWARD, [...own, gamma, beta, statistics, y.gradient, x.gradient]));
      return y;
    },
    flops: (_inputs, output) => 20 * shapeSize(output),
  });
}
