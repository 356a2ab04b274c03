import type { ModelNode } from '../networks/index.ts';
import { blocksReordered, inverse, permuted } from './permute.ts';
import type { NamedTensor } from './safetensors.ts';

/** How a parameter is called and laid out in PyTorch. */
export interface TorchTensor {
  /** Name behind the layer's: `weight`, `bias_ih_l0`, ... */
  readonly name: string;
  /** A second bias, added to this one, that PyTorch keeps apart: written as zeros, and added when read. */
  readonly secondBias?: string;
  toTorch(own: NamedTensor): NamedTensor;
  fromTorch(theirs: NamedTensor): NamedTensor;
}

const same = (tensor: NamedTensor): NamedTensor => tensor;

function kept(name: string): TorchTensor {
  return { name, toTorch: same, fromTorch: same };
}

function reordered(name: string, axes: readonly number[]): TorchTensor {
  return { name, toTorch: (own) => permuted(own, axes), fromTorch: (theirs) => permuted(theirs, inverse(axes)) };
}

/** [inputs, gates * units] to [gates * units, inputs], with the gates in PyTorch's order. */
function gated(name: string, order: readonly number[]): TorchTensor {
  const turn = (tensor: NamedTensor): NamedTensor => (tensor.shape.length === 2 ? permuted(tensor, [1, 0]) : tensor);
  return {
    name,
    toTorch: (own) => blocksReordered(turn(own), order),
    fromTorch: (theirs) => turn(blocksReordered(theirs, inverse(order))),
  };
}

/** Gates of the GRU's kernel are n, r, z here and r, z, n in PyTorch. */
const GRU_INPUT = [1, 2, 0];

const LAYERS: Readonly<Record<string, Readonly<Record<string, TorchTensor>>>> = {
  conv1d: { kernel: reordered('weight', [2, 1, 0]), bias: kept('bias') },
  conv2d: { kernel: reordered('weight', [3, 2, 0, 1]), bias: kept('bias') },
  dense: { kernel: reordered('weight', [1, 0]), bias: kept('bias') },
  embedding: { embeddings: kept('weight') },
  gru: {
    kernel: gated('weight_ih_l0', GRU_INPUT),
    recurrentKernel: gated('weight_hh_l0', [0, 1, 2]),
    bias: gated('bias_ih_l0', GRU_INPUT),
    recurrentBias: gated('bias_hh_l0', [0, 1, 2]),
  },
  layerNorm: { gamma: kept('weight'), beta: kept('bias') },
  lstm: {
    kernel: gated('weight_ih_l0', [0, 1, 2, 3]),
    recurrentKernel: gated('weight_hh_l0', [0, 1, 2, 3]),
    bias: { ...kept('bias_ih_l0'), secondBias: 'bias_hh_l0' },
  },
  simpleRnn: {
    kernel: reordered('weight_ih_l0', [1, 0]),
    recurrentKernel: reordered('weight_hh_l0', [1, 0]),
    bias: { ...kept('bias_ih_l0'), secondBias: 'bias_hh_l0' },
  },
};

/** Layers that hand on positions and channels as they came. */
const TRANSPARENT: ReadonlySet<string> = new Set(['dropout', 'activation', 'leakyRelu', 'add']);
const SPATIAL = /^(conv|maxPool|averagePool)[12]d$/;

/** Sizes of the channels-last map that a dense layer reads flattened; PyTorch flattens the channels first. */
function flattenedMap(node: ModelNode): readonly number[] | undefined {
  let source = node.inputs[0];
  while (source?.layer !== undefined && TRANSPARENT.has(source.layer.kind)) source = source.inputs[0];
  if (source?.layer?.kind !== 'flatten') return undefined;
  const map = source.inputs[0]!;
  let origin: ModelNode | undefined = map;
  while (origin?.layer !== undefined && TRANSPARENT.has(origin.layer.kind)) origin = origin.inputs[0];
  return origin?.layer !== undefined && SPATIAL.test(origin.layer.kind) ? map.shape : undefined;
}

/** The rows of a dense kernel for (position, channel) inputs, as PyTorch has them for (channel, position). */
function afterFlatten(map: readonly number[]): TorchTensor {
  const channels = map.at(-1)!;
  const positions = map.slice(0, -1).reduce((product, size) => product * size, 1);
  return {
    name: 'weight',
    toTorch({ shape, values }) {
      const split = permuted({ shape: [positions, channels, shape[1]!], values }, [2, 1, 0]);
      return { shape: [shape[1]!, shape[0]!], values: split.values };
    },
    fromTorch({ shape, values }) {
      const split = permuted({ shape: [shape[0]!, channels, positions], values }, [2, 1, 0]);
      return { shape: [shape[1]!, shape[0]!], values: split.values };
    },
  };
}

/** PyTorch's form of one parameter of a layer; undefined for layers that PyTorch has no counterpart of. */
export function torchTensor(node: ModelNode, role: string): TorchTensor | undefined {
  const kind = node.layer!.kind;
  const map = kind === 'dense' && role === 'kernel' ? flattenedMap(node) : undefined;
  return map === undefined ? LAYERS[kind]?.[role] : afterFlatten(map);
}
