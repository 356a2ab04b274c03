import { opcodes } from '../../../kernels/index.ts';
import { type Initializer, randomUniform } from '../initializers.ts';
import { requireCount, shapeError } from '../shape.ts';
import { defineLayer, type Layer } from './layer.ts';

/**
 * A trainable vector for each of `inputDim` tokens, which arrive as whole numbers 0 ... inputDim - 1 in the features.
 *
 * Shapes: [steps] to [steps, outputDim]. Parameters: embeddings [inputDim, outputDim]. A token outside the vocabulary is refused with its row.
 *
 * @example
 * sequential([embedding(5000, 16), lstm(32), dense(1)], { inputShape: [40] })
 */
export function embedding(
  inputDim: number,
  outputDim: number,
  options: { readonly embeddingsInitializer?: Initializer; readonly name?: string } = {},
): Layer {
  const { embeddingsInitializer = randomUniform(0.05), name } = options;
  return defineLayer({
    kind: 'embedding',
    ...(name !== undefined && { name }),
    config: { inputDim, outputDim },
    outputShape(inputs, label) {
      requireCount(label, 'inputDim', inputDim);
      requireCount(label, 'outputDim', outputDim);
      const [shape] = inputs;
      if (inputs.length !== 1 || shape?.length !== 1) throw shapeError(label, 'tokens [steps]', inputs);
      return [shape[0]!, outputDim];
    },
    emit(builder, [x]) {
      const steps = x!.shape[0]!;
      if (x!.pitch !== steps || x!.gradient !== 0) throw shapeError(builder.label, 'an input of the model', [x!.shape]);
      const shape = [inputDim, outputDim];
      const table = builder.parameter({
        role: 'embeddings',
        shape,
        fanIn: inputDim,
        fanOut: outputDim,
        initializer: embeddingsInitializer,
      });
      const y = builder.output([steps, outputDim], 'parameters');
      const own = [steps, inputDim, y.pitch, x!.address, table];
      builder.forward(opcodes.EMBEDDING_FORWARD, [...own, y.address]);
      builder.onBackward(() => builder.backward(opcodes.EMBEDDING_BACKWARD, [...own, y.gradient]));
      return y;
    },
  });
}
