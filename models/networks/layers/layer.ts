import type { PlanBuilder } from '../plan-builder.ts';
import type { Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/** A value in a model's graph: an input, or a layer's output. */
export interface ModelNode {
  /** Absent for inputs. */
  readonly layer?: Layer;
  readonly inputs: readonly ModelNode[];
  readonly shape: Shape;
}

/** What a pooling layer does, for layers that can be computed with it in one pass. */
export interface PoolConfig {
  readonly reduce: 'max' | 'average';
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly padding: 'valid' | 'same';
}

/** What a kind of layer defines. */
export interface LayerDefinition {
  /** 'dense', 'conv2d', ...; layers without a name are named after it. */
  readonly kind: string;
  readonly name?: string;
  /** Everything that decides what the layer computes, for model cards and snapshot checks. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Shape of one sample's output; throws a MillraceError that names the layer when the inputs do not fit. */
  outputShape(inputs: readonly Shape[], label: string): Shape;
  /** Writes the layer's instructions, forward and backward, and returns its output. */
  emit(builder: PlanBuilder, inputs: readonly Tensor[]): Tensor;
  /**
   * Writes this layer and the only one that reads it in one pass, if that is possible, and returns the latter's output. Called before `emit`.
   */
  emitWithNext?(builder: PlanBuilder, inputs: readonly Tensor[], next: Layer): Tensor | undefined;
  /** Present on pooling layers. */
  readonly pool?: PoolConfig;
  /** Floating-point operations of one sample's training step (forward and backward), for `summary`. */
  flops?(inputs: readonly Shape[], output: Shape): number;
}

/** A layer, not yet bound to memory. An object is used once in one model. */
export interface Layer extends LayerDefinition {
  /** Applies the layer in a functional model. */
  apply(...inputs: ModelNode[]): ModelNode;
}

/** Completes a definition with what all layers share. */
export function defineLayer(definition: LayerDefinition): Layer {
  const layer: Layer = {
    ...definition,
    apply(...inputs) {
      const shapes = inputs.map((node) => node.shape);
      return { layer, inputs, shape: definition.outputShape(shapes, definition.name ?? definition.kind) };
    },
  };
  return layer;
}
