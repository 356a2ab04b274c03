import { ArenaError, Random } from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';
import { inputSizeOf, type Model } from './graph.ts';
import { type Head, shardRows } from './layout.ts';
import type { Loss } from './losses.ts';
import { modelLayers } from './model-layers.ts';
import { Network } from './network.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { initialValues } from './parameter.ts';
import { formatShape, shapeSize } from './shape.ts';
import { resolveThreads, type ThreadOptions } from './thread.ts';

export interface CompileOptions {
  /** One loss, or one for each head. */
  readonly loss: Loss | readonly Loss[];
  /** Factors among several heads' losses, default 1 each. */
  readonly lossWeights?: readonly number[];
  readonly optimizer: Optimizer;
  /** Decides first weights and dropout; default 0. */
  readonly seed?: number;
  /** Gradients are scaled down to this global norm; default: none. */
  readonly clipNorm?: number;
  /** The most rows that one call of `learnMany` may bring; more are refused. Memory does not depend on it; default: no limit. */
  readonly maxBatch?: number;
  /** Threads in all, the caller's among them: shards of a mini-batch run side by side, with the same bits as on one. Default 1. */
  readonly threads?: number | ThreadOptions;
}

/**
 * Binds a model to memory: parameters with seeded first values, optimizer state, activations and plans in one arena.
 *
 * @throws MillraceError INVALID_OPTION when layers, losses or options do not fit, naming the layer and the shapes
 *
 * @example
 * const network = compile(sequential([gru(32), dense(3)], { inputShape: [24, 40] }), {
 *   loss: meanAbsoluteError(), optimizer: adam({ learningRate: 1e-3 }), seed: 7 });
 * network.learnMany(features, targets, rows);
 */
export function compile(model: Model, options: CompileOptions): Network {
  const { optimizer, seed = 0, clipNorm = Number.POSITIVE_INFINITY, maxBatch = Number.POSITIVE_INFINITY } = options;
  if (!Number.isSafeInteger(seed)) throw new MillraceError('INVALID_OPTION', `seed is ${seed}, but must be a whole number`);
  if (!(clipNorm > 0)) throw new MillraceError('INVALID_OPTION', `clipNorm is ${clipNorm}, but must be positive`);
  if (!(maxBatch >= 1)) throw new MillraceError('INVALID_OPTION', `maxBatch is ${maxBatch}, but must be at least 1`);
  const threads = resolveThreads(options.threads);
  const heads = headsOf(model, options);
  const measured = shardRows(model, heads);
  const outputSize = heads.reduce((sum, head) => sum + head.size, 0);
  const signature = signatureOf(model, optimizer);
  const network = allocate(() => {
    const sizes = { inputSize: inputSizeOf(model), outputSize, shardRows: measured.rows, scratchFloats: measured.scratchFloats };
    return new Network({
      model,
      heads,
      optimizer,
      seed,
      clipNorm,
      maxBatch,
      ...sizes,
      parameterFloats: measured.parameterFloats,
      signature,
      ...(threads && { threads }),
    });
  });
  const random = new Random(seed);
  network.setWeights(new Map(network.parameters.map((parameter) => [parameter.name, initialValues(parameter, random)])));
  return network;
}

function headsOf(model: Model, options: CompileOptions): Head[] {
  const losses = Array.isArray(options.loss) ? (options.loss as readonly Loss[]) : model.outputs.map(() => options.loss as Loss);
  if (losses.length !== model.outputs.length) {
    throw new MillraceError('INVALID_OPTION', `the model has ${model.outputs.length} heads, but ${losses.length} losses are given`);
  }
  let column = 0;
  return model.outputs.map((node, index) => {
    const weight = options.lossWeights?.[index] ?? 1;
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new MillraceError('INVALID_OPTION', `the loss weight of head ${index} is ${weight}, but must be finite and not negative`);
    }
    const size = shapeSize(node.shape);
    column += size;
    return { loss: losses[index]!, weight, size, column: column - size };
  });
}

/** The architecture in words: layers with their options, what each reads, and the optimizer's kind. */
function signatureOf(model: Model, optimizer: Optimizer): string {
  const layers = modelLayers(model);
  const labels = new Map(layers.map(({ node, label }) => [node, label]));
  const inputs = model.inputs.map((node, index) => `input ${index} ${formatShape(node.shape)}`);
  const lines = layers.map(({ node, label, reads }) => `${label} ${JSON.stringify(node.layer!.config)} of ${reads.join(', ')}`);
  const outputs = model.outputs.map((node) => labels.get(node) ?? 'input');
  return [...inputs, ...lines, `outputs ${outputs.join(', ')}`, optimizer.name].join('; ');
}

function allocate(make: () => Network): Network {
  try {
    return make();
  } catch (thrown) {
    if (!(thrown instanceof ArenaError)) throw thrown;
    throw new MillraceError('MODEL_FAILED', `the model does not fit in memory: ${thrown.message}`, {
      cause: thrown,
      hint: 'use fewer units, shorter sequences or smaller images',
    });
  }
}
