import { MillraceError } from '../../streams/index.ts';
import { layersOf, type ModelLayer, type Network } from '../networks/index.ts';
import { type NamedTensor, readSafetensors, writeSafetensors } from './safetensors.ts';
import { type TorchTensor, torchTensor } from './torch-layout.ts';

export interface ModelFileOptions {
  /** Names of layers in the file, where they are not the network's: `{ dense: '0', dense_1: '2' }` for the parts of an nn.Sequential. */
  readonly names?: Readonly<Record<string, string>>;
}

/** A model's two files. */
export interface ModelFiles {
  /** safetensors, with PyTorch's parameter names and layouts. */
  readonly weights: Uint8Array;
  /** JSON that tells what the weights belong to. */
  readonly card: string;
}

/** What the model card says. */
export interface ModelCard {
  readonly format: 'millrace-model';
  readonly version: 1;
  readonly inputs: readonly (readonly number[])[];
  readonly layers: readonly { readonly name: string; readonly kind: string; readonly config: unknown; readonly reads: readonly string[] }[];
  readonly losses: readonly string[];
  readonly optimizer: { readonly name: string; readonly config: unknown };
  readonly seed: number;
  readonly steps: number;
  readonly parameters: number;
  /** Whatever describes the rows: names of features and targets, units. */
  readonly schema?: unknown;
}

/**
 * A network's weights as a safetensors file that PyTorch loads into modules of the same names (`model.load_state_dict`), and its model card.
 *
 * @example
 * const { weights, card } = saveModel(network, { schema: { features: ['temperature', 'wind'] } });
 * writeFileSync('model.safetensors', weights);
 * writeFileSync('model.json', card);
 */
export function saveModel(network: Network, options: ModelFileOptions & { readonly schema?: unknown } = {}): ModelFiles {
  const values = network.weights();
  const tensors = new Map<string, NamedTensor>();
  for (const { place, shape, file, second, torch } of entriesOf(network, options)) {
    const tensor = torch.toTorch({ shape, values: values.get(place)! });
    tensors.set(file, tensor);
    if (second !== undefined) tensors.set(second, { shape: tensor.shape, values: new Float32Array(tensor.values.length) });
  }
  return { weights: writeSafetensors(tensors, { format: 'pt' }), card: `${JSON.stringify(cardOf(network, options.schema), null, 2)}\n` };
}

/**
 * Sets a network's weights from a safetensors file with PyTorch's names and layouts. Optimizer state and steps stay as they are.
 *
 * @throws MillraceError FILE_UNREADABLE for a damaged file, STATE_INCOMPATIBLE when tensors are missing or of other shapes
 */
export function loadWeights(network: Network, bytes: Uint8Array, options: ModelFileOptions = {}): void {
  const { tensors } = readSafetensors(bytes);
  const values = new Map<string, Float32Array>();
  for (const { place, shape, file, second, torch } of entriesOf(network, options)) {
    const expected = torch.toTorch({ shape, values: new Float32Array(shape.reduce((product, size) => product * size, 1)) }).shape;
    const given = tensorFrom(tensors, file, expected);
    const other = second === undefined ? undefined : tensorFrom(tensors, second, expected);
    const sum = other === undefined ? given.values : given.values.map((value, i) => value + other.values[i]!);
    values.set(place, torch.fromTorch({ shape: given.shape, values: sum }).values);
  }
  network.setWeights(values);
}

interface Entry {
  /** Name in the network. */
  readonly place: string;
  readonly shape: readonly number[];
  /** Name in the file. */
  readonly file: string;
  /** Name of the second bias that PyTorch has and the network has not. */
  readonly second: string | undefined;
  readonly torch: TorchTensor;
}

function entriesOf(network: Network, options: ModelFileOptions): Entry[] {
  const layers = new Map(layersOf(network).map((layer) => [layer.label, layer]));
  return network.parameters.map(({ name: place, role, shape }) => {
    const label = place.slice(0, -role.length - 1);
    const torch = torchTensor(layers.get(label)!.node, role);
    if (torch === undefined) throw new MillraceError('INVALID_OPTION', `PyTorch has no counterpart of parameter '${place}'`);
    const prefix = options.names?.[label] ?? label;
    const second = torch.secondBias === undefined ? undefined : `${prefix}.${torch.secondBias}`;
    return { place, shape, file: `${prefix}.${torch.name}`, second, torch };
  });
}

function tensorFrom(tensors: ReadonlyMap<string, NamedTensor>, name: string, shape: readonly number[]): NamedTensor {
  const tensor = tensors.get(name);
  const found = tensor === undefined ? `it holds ${[...tensors.keys()].join(', ')}` : `it has shape [${tensor.shape.join(', ')}]`;
  if (tensor !== undefined && tensor.shape.join() === shape.join()) return tensor;
  throw new MillraceError(
    'STATE_INCOMPATIBLE',
    `the file does not fit the network: it needs '${name}' of shape [${shape.join(', ')}], but ${found}`,
  );
}

function cardOf(network: Network, schema: unknown): ModelCard {
  const { heads, model, optimizer, seed } = network.description;
  const layers = layersOf(network).map((layer: ModelLayer) => {
    const { kind, config } = layer.node.layer!;
    return { name: layer.label, kind, config, reads: layer.reads };
  });
  return {
    format: 'millrace-model',
    version: 1,
    inputs: model.inputs.map((node) => node.shape),
    layers,
    losses: heads.map((head) => head.loss.name),
    optimizer: { name: optimizer.name, config: optimizer.config },
    seed,
    steps: network.steps,
    parameters: network.parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0),
    ...(schema !== undefined && { schema }),
  };
}
