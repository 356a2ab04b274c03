import { opcodes } from '../../../kernels/index.ts';
import { formatShape, type Shape, shapeError, shapeSize } from '../shape.ts';
import { rowFloats } from '../tensor.ts';
import { defineLayer, type Layer } from './layer.ts';

/** All values of a sample on one axis, row-major: [height, width, channels] to [height * width * channels]. */
export function flatten(options: { readonly name?: string } = {}): Layer {
  return defineLayer({
    kind: 'flatten',
    ...(options.name !== undefined && { name: options.name }),
    config: {},
    outputShape(inputs, label) {
      if (inputs.length !== 1) throw shapeError(label, 'one input', inputs);
      return [shapeSize(inputs[0]!)];
    },
    emit: (builder, [x]) => builder.flattened(x!),
  });
}

/** Inputs side by side on the last axis; all other axes are equal. */
export function concatenate(options: { readonly name?: string } = {}): Layer {
  return defineLayer({
    kind: 'concatenate',
    ...(options.name !== undefined && { name: options.name }),
    config: {},
    outputShape(inputs, label) {
      const leading = inputs.map((shape) => formatShape(shape.slice(0, -1)));
      if (inputs.length < 2 || leading.some((shape) => shape !== leading[0])) {
        throw shapeError(label, 'two or more inputs that agree in all axes but the last', inputs);
      }
      return [...inputs[0]!.slice(0, -1), inputs.reduce((sum, shape) => sum + shape.at(-1)!, 0)];
    },
    emit(builder, inputs) {
      const sources = inputs.map((tensor) => builder.batchMajor(tensor));
      const width = sources.reduce((sum, tensor) => sum + tensor.shape.at(-1)!, 0);
      const y = builder.output([...sources[0]!.shape.slice(0, -1), width], sources);
      let offset = 0;
      for (const from of sources) {
        const columns = from.shape.at(-1)!;
        builder.copy({ positions: from.positions, width: columns, from, to: y, toStep: y.pitch, offset });
        offset += columns;
      }
      return y;
    },
  });
}

/** Sum of inputs of one shape; with a layer's input among them, a residual connection. */
export function add(options: { readonly name?: string } = {}): Layer {
  return defineLayer({
    kind: 'add',
    ...(options.name !== undefined && { name: options.name }),
    config: {},
    outputShape(inputs, label) {
      if (inputs.length < 2 || inputs.some((shape) => formatShape(shape) !== formatShape(inputs[0]!))) {
        throw shapeError(label, 'two or more inputs of one shape', inputs);
      }
      return inputs[0]!;
    },
    emit(builder, inputs) {
      const sources = inputs.map((tensor) => builder.padded(builder.batchMajor(tensor)));
      const y = builder.output(sources[0]!.shape, sources);
      const floats = rowFloats(y);
      const whole = (from: number, to: number): number[] => [1, floats, from, 0, floats, to, 0, floats];
      builder.forward(opcodes.COPY_ROWS, whole(sources[0]!.address, y.address));
      for (const { address } of sources.slice(1)) builder.forward(opcodes.ADD_INTO, [address, y.address, floats]);
      builder.onBackward(() => {
        for (const { gradient } of sources) if (gradient !== 0) builder.backward(opcodes.COPY_ROWS, whole(y.gradient, gradient));
      });
      return y;
    },
    flops: (inputs, output: Shape) => 2 * inputs.length * shapeSize(output),
  });
}
