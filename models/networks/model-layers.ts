import { type Model, orderedSteps } from './graph.ts';
import type { ModelNode } from './layers/layer.ts';
import type { Network } from './network.ts';

/** A layer of a compiled model, with its name and the names of what it reads. */
export interface ModelLayer {
  readonly label: string;
  readonly node: ModelNode;
  /** Layer names, or 'input 0' and so on. */
  readonly reads: readonly string[];
}

/** The layers of a network, each after those it reads. */
export function layersOf(network: Network): ModelLayer[] {
  return modelLayers(network.description.model);
}

export function modelLayers(model: Model): ModelLayer[] {
  const steps = orderedSteps(model);
  const labels = new Map(steps.map(({ node, label }) => [node, label]));
  return steps.map(({ node, label }) => ({
    label,
    node,
    reads: node.inputs.map((source) => labels.get(source) ?? `input ${model.inputs.indexOf(source)}`),
  }));
}
