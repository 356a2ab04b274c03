import { MillraceError } from '../../streams/index.ts';
import type { Layer, ModelNode } from './layers/layer.ts';
import { formatShape, requireCount, type Shape, shapeSize } from './shape.ts';

/** A graph of layers from inputs to heads; plain data until `compile` binds it to memory. */
export interface Model {
  readonly inputs: readonly ModelNode[];
  readonly outputs: readonly ModelNode[];
}

/** One layer of a model, in an order in which every layer follows those it reads. */
export interface GraphStep {
  readonly node: ModelNode;
  readonly layer: Layer;
  readonly label: string;
}

/** An input of a functional model: the shape of one sample. */
export function input(shape: Shape): ModelNode {
  for (const size of shape) requireCount('input', `a size of shape ${formatShape(shape)}`, size);
  if (shape.length === 0) throw new MillraceError('INVALID_OPTION', "an input's shape needs at least one axis");
  return { inputs: [], shape };
}

/**
 * A model with several inputs or heads. Rows of features are the inputs side by side, rows of predictions the outputs side by side.
 *
 * @example
 * const x = input([8]);
 * const hidden = dense(16, { activation: 'relu' }).apply(x);
 * const both = model({ inputs: [x], outputs: [dense(1).apply(hidden), dense(3).apply(hidden)] });
 */
export function model(parts: { inputs: readonly ModelNode[]; outputs: readonly ModelNode[] }): Model {
  if (parts.inputs.length === 0 || parts.outputs.length === 0) {
    throw new MillraceError('INVALID_OPTION', 'a model needs at least one input and one output');
  }
  return { inputs: [...parts.inputs], outputs: [...parts.outputs] };
}

/**
 * Layers one after another.
 *
 * @example
 * sequential([dense(16, { activation: 'relu' }), dense(1)], { inputShape: [8] })
 */
export function sequential(layers: readonly Layer[], options: { inputShape: Shape }): Model {
  if (layers.length === 0) throw new MillraceError('INVALID_OPTION', 'a sequential model needs at least one layer');
  const first = input(options.inputShape);
  return { inputs: [first], outputs: [layers.reduce<ModelNode>((node, layer) => layer.apply(node), first)] };
}

/** The layers that the outputs need, each after its inputs, with unique names as Keras gives them: dense, dense_1, ... */
export function orderedSteps(model: Model): GraphStep[] {
  const steps: GraphStep[] = [];
  const visited = new Set<ModelNode>();
  const layers = new Set<Layer>();
  const counts = new Map<string, number>();
  const visit = (node: ModelNode): void => {
    if (visited.has(node)) return;
    visited.add(node);
    for (const source of node.inputs) visit(source);
    const { layer } = node;
    if (layer === undefined) {
      if (!model.inputs.includes(node))
        throw new MillraceError('INVALID_OPTION', `an input ${formatShape(node.shape)} is not listed in the model's inputs`);
      return;
    }
    if (layers.has(layer))
      throw new MillraceError('INVALID_OPTION', `one '${layer.kind}' layer object is used twice; make one for each place`);
    layers.add(layer);
    steps.push({ node, layer, label: uniqueLabel(layer, counts) });
  };
  for (const node of model.outputs) visit(node);
  return steps;
}

function uniqueLabel(layer: Layer, counts: Map<string, number>): string {
  const base = layer.name ?? layer.kind;
  const count = counts.get(base) ?? 0;
  counts.set(base, count + 1);
  if (count === 0) return base;
  if (layer.name !== undefined) throw new MillraceError('INVALID_OPTION', `two layers are named '${layer.name}'`);
  return `${base}_${count}`;
}

/** Floats in a row of features. */
export function inputSizeOf(model: Model): number {
  return model.inputs.reduce((sum, node) => sum + shapeSize(node.shape), 0);
}
