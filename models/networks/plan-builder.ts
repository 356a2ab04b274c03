import { opcodes } from '../../kernels/index.ts';
import { type Parameter, type ParameterRequest, placeParameter } from './parameter.ts';
import { type Shape, shapeSize } from './shape.ts';
import { paddedLayout, rowFloats, type Tensor } from './tensor.ts';

/** Bytes kept free behind every block: kernels read whole vectors, which may reach past the last row. */
const SLACK = 64;

/** A network's plans: a training pass, a prediction, and a loss without training. */
export type PlanName = 'training' | 'prediction' | 'evaluation';
const ALL_PLANS: readonly PlanName[] = ['training', 'prediction', 'evaluation'];

const bits = new DataView(new ArrayBuffer(4));

/** The word that carries a float argument. */
export function real(value: number): number {
  bits.setFloat32(0, value);
  return bits.getUint32(0);
}

/** Hands out addresses upward from a start; nothing is ever freed. */
export class Arena {
  top: number;

  constructor(start: number) {
    this.top = start;
  }

  /** Address of `floats` floats, on a cache line of its own. */
  allocate(floats: number): number {
    const address = Math.ceil(this.top / 64) * 64;
    this.top = address + floats * 4 + SLACK;
    return address;
  }
}

/**
 * Collects what the layers of a model ask for: parameters, arena blocks and instructions. A model is laid out twice: once to measure (one row, no
 * scratch), then with the number of rows per shard and the scratch size known.
 */
export class PlanBuilder {
  readonly rows: number;
  readonly parameters: Parameter[] = [];
  scratchFloats = 0;
  parameterFloats = 0;
  private readonly arena: Arena;
  private readonly parameterBase: number;
  private readonly scratchBase: number;
  private readonly forwardPlans: Record<PlanName, number[]> = { training: [], prediction: [], evaluation: [] };
  private readonly backwardSteps: (() => void)[] = [];
  private readonly backwardPlan: number[] = [];
  private layer = '';
  private salts = 0;

  constructor(options: { rows: number; arena: Arena; parameterBase: number; scratchBase: number }) {
    this.rows = options.rows;
    this.arena = options.arena;
    this.parameterBase = options.parameterBase;
    this.scratchBase = options.scratchBase;
  }

  /** Label of the layer being laid out, for parameter names and errors. */
  get label(): string {
    return this.layer;
  }

  enter(label: string): void {
    this.layer = label;
  }

  /** Address of a new parameter of the current layer. */
  parameter(request: ParameterRequest): number {
    const parameter = placeParameter(this.layer, request, this.parameterFloats);
    this.parameters.push(parameter);
    this.parameterFloats += parameter.length;
    return this.parameterBase + parameter.offset * 4;
  }

  /** `floats` floats per row of the shard, and `extra` once. */
  perRow(floats: number, extra = 0): number {
    return this.arena.allocate(floats * this.rows + extra);
  }

  /** Scratch for at least so many floats; every instruction may overwrite all of it. */
  scratch(floats: number): number {
    this.scratchFloats = Math.max(this.scratchFloats, floats);
    return this.scratchBase;
  }

  /** A padded tensor with a gradient, unless `inputs` are all without one. */
  output(shape: Shape, inputs: readonly Tensor[] | 'parameters', timeMajor = false): Tensor {
    const { pitch, positions } = paddedLayout(shape);
    const trained = inputs === 'parameters' || inputs.some((tensor) => tensor.gradient !== 0);
    const address = this.perRow(positions * pitch);
    return { shape, pitch, positions, timeMajor, address, gradient: trained ? this.perRow(positions * pitch) : 0 };
  }

  forward(opcode: number, words: readonly number[], plans: readonly PlanName[] = ALL_PLANS): void {
    for (const plan of plans) this.forwardPlans[plan].push(opcode, words.length + 2, ...words);
  }

  /** Registers a layer's backward instructions; they run in the reverse order of registration. */
  onBackward(step: () => void): void {
    this.backwardSteps.push(step);
  }

  /** Only within an `onBackward` step. */
  backward(opcode: number, words: readonly number[]): void {
    this.backwardPlan.push(opcode, words.length + 2, ...words);
  }

  /** Number of the next random stream of this model: 0, 1, ... */
  nextSalt(): number {
    return this.salts++;
  }

  /** The same values in whole vectors: what a user hands in may have none. */
  padded(tensor: Tensor): Tensor {
    const width = tensor.shape.at(-1)!;
    if (tensor.pitch % 4 === 0) return tensor;
    const padded = this.output(tensor.shape, [tensor]);
    this.copy({ positions: tensor.positions, width, from: tensor, to: padded, toStep: padded.pitch });
    return padded;
  }

  /** The finished instruction lists. Call once, at the end. */
  plans(): Readonly<Record<PlanName, readonly number[]>> {
    for (const step of this.backwardSteps.reverse()) step();
    const { training, prediction, evaluation } = this.forwardPlans;
    return { training: [...training, ...this.backwardPlan], prediction, evaluation };
  }

  /** The same sequence with rows leading. */
  batchMajor(tensor: Tensor): Tensor {
    return tensor.timeMajor ? this.swapped(tensor, opcodes.TO_BATCH_MAJOR, opcodes.TO_TIME_MAJOR) : tensor;
  }

  /** The same sequence with steps leading. */
  timeMajor(tensor: Tensor): Tensor {
    return tensor.timeMajor ? tensor : this.swapped(tensor, opcodes.TO_TIME_MAJOR, opcodes.TO_BATCH_MAJOR);
  }

  private swapped(tensor: Tensor, opcode: number, reverse: number): Tensor {
    const swapped = this.output(tensor.shape, [tensor], !tensor.timeMajor);
    const steps = tensor.positions;
    const width = tensor.shape.at(-1)!;
    this.forward(opcode, [steps, width, tensor.address, tensor.pitch, swapped.address, swapped.pitch]);
    this.onBackward(() => {
      if (tensor.gradient === 0) return;
      this.backward(reverse, [steps, tensor.pitch, swapped.gradient, swapped.pitch, tensor.gradient, tensor.pitch]);
    });
    return swapped;
  }

  /** A tensor that several layers read: each branch gets a gradient of its own, and they are summed in branch order. */
  branches(tensor: Tensor, count: number): readonly Tensor[] {
    if (count <= 1 || tensor.gradient === 0) return Array.from({ length: count }, () => tensor);
    const floats = rowFloats(tensor);
    const copies = Array.from({ length: count }, () => ({ ...tensor, gradient: this.perRow(floats) }));
    this.onBackward(() => {
      this.backward(opcodes.ZERO_FILL, [tensor.gradient, floats]);
      for (const copy of copies) this.backward(opcodes.ADD_INTO, [copy.gradient, tensor.gradient, floats]);
    });
    return copies;
  }

  /** One axis, gaps between positions closed: what flatten, concatenate and the heads read. */
  flattened(tensor: Tensor): Tensor {
    const size = shapeSize(tensor.shape);
    const source = this.batchMajor(tensor);
    const width = source.shape.at(-1)!;
    const inPlace = source.positions === 1 || (source.pitch === width && (size % 4 === 0 || source.gradient === 0));
    if (inPlace) return { ...source, shape: [size], pitch: rowFloats(source), positions: 1 };
    const flat = this.output([size], [source]);
    this.copy({ positions: source.positions, width, from: source, to: flat, toStep: width });
    return flat;
  }

  /** Copies positions of `from` into `to` at column `offset`, and the gradient back. */
  copy(parts: { positions: number; width: number; from: Tensor; to: Tensor; toStep: number; offset?: number }): void {
    const { positions, width, from, to, toStep } = parts;
    const shift = (parts.offset ?? 0) * 4;
    const source = [from.pitch, rowFloats(from)];
    const target = [toStep, rowFloats(to)];
    this.forward(opcodes.COPY_ROWS, [positions, width, from.address, ...source, to.address + shift, ...target]);
    this.onBackward(() => {
      if (from.gradient === 0) return;
      this.backward(opcodes.COPY_ROWS, [positions, width, to.gradient + shift, ...target, from.gradient, ...source]);
    });
  }
}
