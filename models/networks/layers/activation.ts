import { opcodes } from '../../../kernels/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { type Activation, activationCode, LEAKY_SLOPE } from '../activations.ts';
import { real } from '../plan-builder.ts';
import { shapeError, shapeSize } from '../shape.ts';
import { rowFloats } from '../tensor.ts';
import { defineLayer, type Layer } from './layer.ts';

/** An activation as a layer of its own, on any shape. */
export function activation(kind: Activation, options: { readonly name?: string } = {}): Layer {
  return activationLayer('activation', kind, LEAKY_SLOPE, options.name);
}

/** max(x, slope x): keeps a gradient below zero. */
export function leakyRelu(options: { readonly slope?: number; readonly name?: string } = {}): Layer {
  const { slope = LEAKY_SLOPE, name } = options;
  if (!(slope > 0 && slope < 1)) throw new MillraceError('INVALID_OPTION', `leakyRelu's slope is ${slope}, but must lie between 0 and 1`);
  return activationLayer('leakyRelu', 'leakyRelu', slope, name);
}

function activationLayer(kind: string, function_: Activation, slope: number, name?: string): Layer {
  return defineLayer({
    kind,
    ...(name !== undefined && { name }),
    config: { activation: function_, ...(function_ === 'leakyRelu' && { slope }) },
    outputShape(inputs, label) {
      if (inputs.length !== 1) throw shapeError(label, 'one input', inputs);
      activationCode(function_, label);
      return inputs[0]!;
    },
    emit(builder, [source]) {
      const x = builder.padded(source!);
      const y = builder.output(x.shape, [x], x.timeMajor);
      const floats = rowFloats(y);
      const code = activationCode(function_, builder.label);
      const value = function_ === 'gelu' ? x.address : y.address;
      builder.forward(opcodes.ACTIVATE, [code, x.address, y.address, floats, real(slope)]);
      builder.onBackward(() => {
        if (x.gradient === 0) return;
        builder.backward(opcodes.COPY_ROWS, [1, floats, y.gradient, 0, floats, x.gradient, 0, floats]);
        builder.backward(opcodes.ACTIVATE_BACKWARD, [code, value, x.gradient, floats, real(slope)]);
      });
      return y;
    },
    flops: (_inputs, output) => 2 * shapeSize(output),
  });
}

/**
 * e^x / sum e^x over the last axis. For classification train a linear head with `categoricalCrossentropy`, which has softmax within; this layer is for
 * attention-like gates in the middle of a model.
 */
export function softmax(options: { readonly name?: string } = {}): Layer {
  return defineLayer({
    kind: 'softmax',
    ...(options.name !== undefined && { name: options.name }),
    config: {},
    outputShape(inputs, label) {
      if (inputs.length !== 1) throw shapeError(label, 'one input', inputs);
      return inputs[0]!;
    },
    emit(builder, [source]) {
      const x = builder.padded(source!);
      const y = builder.output(x.shape, [x], x.timeMajor);
      const own = [x.shape.at(-1)!, x.pitch, x.positions];
      builder.forward(opcodes.SOFTMAX_FORWARD, [...own, x.address, y.address]);
      builder.onBackward(() => {
        if (x.gradient !== 0) builder.backward(opcodes.SOFTMAX_BACKWARD, [...own, y.address, y.gradient, x.gradient]);
      });
      return y;
    },
    flops: (_inputs, output) => 8 * shapeSize(output),
  });
}
