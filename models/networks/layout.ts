import { opcodes } from '../../kernels/index.ts';
import { type GraphStep, inputSizeOf, type Model, orderedSteps } from './graph.ts';
import type { ModelNode } from './layers/layer.ts';
import type { Loss } from './losses.ts';
import type { Parameter } from './parameter.ts';
import { Arena, PlanBuilder, type PlanName, real } from './plan-builder.ts';
import { type Shape, shapeSize } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** Shards aim at this many bytes of activations, so that one shard's pass stays in a core's second-level cache. */
const SHARD_BYTES = 1 << 20;
const FEWEST_SHARD_ROWS = 16;
const MOST_SHARD_ROWS = 128;

/** One head: what it is trained on and where its outputs lie in a row. */
export interface Head {
  readonly loss: Loss;
  /** Factor among several heads. */
  readonly weight: number;
  readonly size: number;
  /** First column in a row of targets. */
  readonly column: number;
}

/** Arena addresses of a thread's own blocks. */
export interface Stage {
  readonly features: number;
  readonly targets: number;
  readonly weights: number;
  readonly scales: number;
  readonly outputs: number;
}

/** A model bound to addresses: its plans for one thread. */
export interface Layout {
  readonly parameters: readonly Parameter[];
  readonly parameterFloats: number;
  readonly stage: Stage;
  readonly plans: Readonly<Record<PlanName, readonly number[]>>;
  readonly scratchFloats: number;
  /** First free byte behind the blocks. */
  readonly end: number;
}

/** What must be known to lay a model out. */
export interface LayoutRequest {
  readonly model: Model;
  readonly heads: readonly Head[];
  readonly rows: number;
  readonly scratchFloats: number;
  /** Byte address of the parameters. */
  readonly parameterBase: number;
  /** First byte for this thread's blocks. */
  readonly start: number;
}

/** Rows per shard: a power of two that depends on the model alone, so that sums come out the same on every machine. */
export function shardRows(model: Model, heads: readonly Head[]): { rows: number; scratchFloats: number; parameterFloats: number } {
  const measured = layOut({ model, heads, rows: 1, scratchFloats: 0, parameterBase: 0, start: 0 });
  let rows = MOST_SHARD_ROWS;
  while (rows > FEWEST_SHARD_ROWS && rows * measured.end > SHARD_BYTES) rows /= 2;
  return { rows, scratchFloats: measured.scratchFloats, parameterFloats: measured.parameterFloats };
}

export function layOut(request: LayoutRequest): Layout {
  const { model, heads, rows, start } = request;
  const arena = new Arena(start);
  const scratchBase = arena.allocate(request.scratchFloats);
  const builder = new PlanBuilder({ rows, arena, parameterBase: request.parameterBase, scratchBase });
  const outputSize = heads.reduce((sum, head) => sum + head.size, 0);
  const inputSize = inputSizeOf(model);
  const stage: Stage = {
    features: builder.perRow(inputSize),
    targets: builder.perRow(outputSize),
    weights: builder.perRow(outputSize),
    scales: arena.allocate(heads.length),
    outputs: builder.perRow(outputSize),
  };
  builder.forward(opcodes.CHECK_FINITE, [stage.features, inputSize]);
  const tensors = emitGraph(builder, model, orderedSteps(model), stage.features, inputSize);
  emitHeads(builder, model, heads, tensors, stage, outputSize);
  return {
    parameters: builder.parameters,
    parameterFloats: builder.parameterFloats,
    stage,
    plans: builder.plans(),
    scratchFloats: builder.scratchFloats,
    end: arena.top,
  };
}

/** Hands each reader of a node its own branch of the node's tensor. */
class Branches {
  private readonly waiting = new Map<ModelNode, Tensor[]>();
  private readonly builder: PlanBuilder;
  private readonly readers: ReadonlyMap<ModelNode, number>;

  constructor(builder: PlanBuilder, readers: ReadonlyMap<ModelNode, number>) {
    this.builder = builder;
    this.readers = readers;
  }

  add(node: ModelNode, tensor: Tensor): void {
    this.waiting.set(node, [...this.builder.branches(tensor, this.readers.get(node) ?? 0)]);
  }

  take(node: ModelNode): Tensor {
    return this.waiting.get(node)!.shift()!;
  }
}

function emitGraph(builder: PlanBuilder, model: Model, steps: readonly GraphStep[], features: number, inputSize: number): Branches {
  const readers = new Map<ModelNode, number>();
  const count = (node: ModelNode): void => void readers.set(node, (readers.get(node) ?? 0) + 1);
  for (const { node } of steps) node.inputs.forEach(count);
  model.outputs.forEach(count);
  const branches = new Branches(builder, readers);
  let column = 0;
  for (const node of model.inputs) {
    branches.add(node, inputTensor(builder, node.shape, features, inputSize, column));
    column += shapeSize(node.shape);
  }
  const done = new Set<ModelNode>();
  for (const { node, layer, label } of steps) {
    if (done.has(node)) continue;
    builder.enter(label);
    const inputs = node.inputs.map((source) => branches.take(source));
    const reader = onlyReader(node, steps, readers);
    const both = reader && layer.emitWithNext?.(builder, inputs, reader.layer);
    if (both !== undefined) done.add(reader!.node);
    branches.add(both === undefined ? node : reader!.node, both ?? layer.emit(builder, inputs));
  }
  return branches;
}

/** The layer that alone reads a node and nothing else. */
function onlyReader(node: ModelNode, steps: readonly GraphStep[], readers: ReadonlyMap<ModelNode, number>): GraphStep | undefined {
  if (readers.get(node) !== 1) return undefined;
  return steps.find((step) => step.node.inputs.length === 1 && step.node.inputs[0] === node);
}

/** An input as the user hands it in: no padding, no gradient. With several inputs, a copy of its columns. */
function inputTensor(builder: PlanBuilder, shape: Shape, features: number, inputSize: number, column: number): Tensor {
  const size = shapeSize(shape);
  const pitch = shape.at(-1)!;
  const tensor = { shape, pitch, positions: size / pitch, timeMajor: false, gradient: 0 };
  if (size === inputSize) return { ...tensor, address: features };
  const address = builder.perRow(size);
  builder.forward(opcodes.COPY_ROWS, [1, size, features + column * 4, 0, inputSize, address, 0, size]);
  return { ...tensor, address };
}

function emitHeads(builder: PlanBuilder, model: Model, heads: readonly Head[], tensors: Branches, stage: Stage, outputSize: number): void {
  heads.forEach((head, index) => {
    const { size, column, loss } = head;
    const y = builder.flattened(tensors.take(model.outputs[index]!));
    const gradient = y.gradient === 0 ? builder.perRow(y.pitch) : y.gradient;
    builder.forward(opcodes.COPY_ROWS, [1, size, y.address, 0, y.pitch, stage.outputs + column * 4, 0, outputSize], ['prediction']);
    const target = [stage.targets + column * 4, outputSize];
    const words = [loss.code, size, y.address, y.pitch, ...target, column, outputSize, gradient, real(loss.parameter), index];
    builder.forward(opcodes.LOSS, words, ['training', 'evaluation']);
  });
}
