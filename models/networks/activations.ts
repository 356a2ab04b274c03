import { activationCodes } from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';

/** Names of the element-wise activations; softmax is a layer of its own, since it mixes a row's values. */
export type Activation = 'linear' | 'relu' | 'leakyRelu' | 'gelu' | 'sigmoid' | 'tanh';

const CODES: Readonly<Record<Activation, number>> = {
  linear: activationCodes.LINEAR,
  relu: activationCodes.RELU,
  leakyRelu: activationCodes.LEAKY_RELU,
  gelu: activationCodes.GELU,
  sigmoid: activationCodes.SIGMOID,
  tanh: activationCodes.TANH,
};

/** leakyRelu's slope below zero, as in PyTorch. Keras 3 has 0.2 (as layer, 0.3): pass `leakyRelu({ slope })` as a layer for others. */
export const LEAKY_SLOPE = 0.01;

export function activationCode(activation: Activation, layer: string): number {
  const code = CODES[activation];
  if (code !== undefined) return code;
  throw new MillraceError(
    'INVALID_OPTION',
    `layer '${layer}': activation '${activation}' is unknown; use one of ${Object.keys(CODES).join(', ')}`,
  );
}
