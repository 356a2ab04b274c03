import {
  ARENA_START,
  type CallOutcome,
  CONTROL_WORDS,
  createKernels,
  type KernelFunctions,
  type Kernels,
  kernelModule,
  ThreadHandle,
} from '../../kernels/index.ts';
import type { Model } from './graph.ts';
import { type Head, type Layout, layOut } from './layout.ts';
import type { WeightKind } from './loss-scales.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { type Parameter, readPadded, writePadded } from './parameter.ts';
import { Arena, type PlanName } from './plan-builder.ts';
import { splitUpdates } from './split-updates.ts';
import type { Threads } from './thread.ts';

/** What the arena is laid out from. */
export interface EngineParts {
  readonly model: Model;
  readonly heads: readonly Head[];
  readonly optimizer: Optimizer;
  readonly seed: number;
  readonly inputSize: number;
  readonly outputSize: number;
  /** Rows that one pass of a plan works on; gradients are summed shard by shard in this grain, on any number of threads. */
  readonly shardRows: number;
  readonly scratchFloats: number;
  readonly parameterFloats: number;
  readonly threads?: Threads;
}

/** Rows of a pass: features, and for losses targets and sample weights. */
export interface Rows {
  readonly count: number;
  readonly features: Float32Array;
  readonly targets?: Float32Array;
  readonly weights?: Float32Array;
  readonly weightKind: WeightKind;
}

/** A row that a plan refused. */
export interface Refusal {
  readonly kind: 'value' | 'token';
  readonly row: number;
  readonly column: number;
}

/** One thread's blocks and plans. Lane 0 is the caller's own thread. */
interface Lane {
  readonly layout: Layout;
  /** Where this lane's shards leave their gradients, but for the mini-batch's first. */
  readonly shardGradients: number;
  /** First byte and end of each plan. */
  readonly plans: Readonly<Record<PlanName, readonly [number, number]>>;
  readonly control: number;
  readonly thread?: ThreadHandle;
}

/** Arguments of `KernelFunctions.run`. */
type RunArguments = Parameters<KernelFunctions['run']>;

/** Up to here, a loop is faster than a call of `set`. */
const SMALL_COPY = 16;

/** Arena, plans and threads of a network: moves rows in and runs plans over them. */
export class Engine {
  readonly parameters: readonly Parameter[];
  /** Factor of each head's loss terms; the caller sets it before a pass with a loss. */
  readonly scales: Float32Array;
  readonly kernels: Kernels;
  /** The kernels, with sums and updates of weights shared by all threads. */
  readonly updateFunctions: KernelFunctions;
  /** Addresses of the parameters, the optimizer's slots and the summed gradients. */
  readonly parameterBase: number;
  readonly slots: readonly number[];
  readonly gradients: number;
  /** What the last pass refused. */
  refusal: Refusal | undefined;
  private readonly parts: EngineParts;
  private readonly lanes: readonly Lane[];

  constructor(parts: EngineParts) {
    this.parts = parts;
    const { parameterFloats: floats, optimizer, threads } = parts;
    const arena = new Arena(ARENA_START);
    this.parameterBase = arena.allocate(floats);
    this.slots = Array.from({ length: optimizer.slots }, () => arena.allocate(floats));
    this.gradients = arena.allocate(floats);
    const lanes = Array.from({ length: threads?.count ?? 1 }, () => this.placeLane(arena));
    this.kernels = createKernels(arena.top, threads !== undefined);
    this.lanes = lanes.map((lane, index) => this.startLane(lane, index));
    this.updateFunctions = splitUpdates(
      this.kernels.functions,
      this.lanes.flatMap(({ thread }) => thread ?? []),
    );
    const { layout } = this.lanes[0]!;
    const scales = layout.stage.scales / 4;
    this.parameters = layout.parameters;
    this.scales = this.kernels.f32.subarray(scales, scales + parts.heads.length);
    optimizer.init(this.slots.map((address) => this.kernels.f32.subarray(address / 4, address / 4 + floats)));
  }

  /** Predictions of all rows into `out`; false when a row was refused. */
  predict(rows: Rows, out: Float32Array): boolean {
    const { outputSize } = this.parts;
    return (
      this.overShards(rows, 'prediction', (lane, first, count) => {
        const from = lane.layout.stage.outputs / 4;
        copyInto(out, first * outputSize, this.kernels.f32, from, count * outputSize);
      }) !== undefined
    );
  }

  /**
   * Loss of all rows, with the gradients summed at `gradients` when the plan is 'training'. Undefined when a row was refused.
   *
   * @param step number of the step, for dropout
   */
  loss(rows: Rows, plan: 'training' | 'evaluation', step: number): number | undefined {
    const { addInto } = this.updateFunctions;
    const sum = (lane: Lane, first: number): void => {
      if (plan === 'training' && first > 0) addInto(lane.shardGradients, this.gradients, this.parts.parameterFloats);
    };
    return this.overShards(rows, plan, sum, step);
  }

  /** Canonical values of every parameter in the array at `base`: the parameters themselves, a slot or the gradients. */
  read(base: number): Float32Array[] {
    return this.parameters.map((parameter) => readPadded(parameter, this.kernels.f32, base / 4));
  }

  write(base: number, parameter: Parameter, values: Float32Array): void {
    writePadded(parameter, values, this.kernels.f32, base / 4);
  }

  /** Blocks and plans of the thread that calls; for one that runs them elsewhere. */
  get ownLane(): Lane {
    return this.lanes[0]!;
  }

  /** Shards and pieces of updates that threads other than the caller's have worked out so far. */
  get threadCalls(): number {
    return this.lanes.reduce((sum, { thread }) => sum + (thread?.served ?? 0), 0);
  }

  /** Ends the threads. */
  close(): void {
    for (const { thread } of this.lanes) thread?.stop();
  }

  /**
   * Runs a plan over the rows, shard by shard: one shard on each lane at a time, then `collect` for each in the order of the rows, so that sums do not
   * depend on the number of lanes.
   */
  private overShards(
    rows: Rows,
    plan: PlanName,
    collect: (lane: Lane, first: number, count: number) => void,
    step = 0,
  ): number | undefined {
    const { shardRows } = this.parts;
    let loss = 0;
    this.refusal = undefined;
    for (let waveFirst = 0; waveFirst < rows.count; waveFirst += shardRows * this.lanes.length) {
      const outcomes = this.runWave(rows, plan, waveFirst, step);
      for (let index = 0; index < outcomes.length; index++) {
        const { value, refusedPosition } = outcomes[index]!;
        const first = waveFirst + index * shardRows;
        if (value < 0) this.refusal ??= this.explain(value, refusedPosition, first);
        loss += value;
        if (this.refusal === undefined) collect(this.lanes[index]!, first, Math.min(shardRows, rows.count - first));
      }
      if (this.refusal !== undefined) return undefined;
    }
    return loss;
  }

  /** One shard on each lane. The caller's own comes last, so that the others work while its rows are copied. */
  private runWave(rows: Rows, plan: PlanName, waveFirst: number, step: number): CallOutcome[] {
    const { shardRows } = this.parts;
    const shards = Math.min(this.lanes.length, Math.ceil((rows.count - waveFirst) / shardRows));
    for (let index = shards - 1; index > 0; index--) {
      const lane = this.lanes[index]!;
      const first = waveFirst + index * shardRows;
      this.stageShard(lane, rows, first);
      lane.thread!.start('run', this.request(lane, rows, plan, first, step));
    }
    this.stageShard(this.lanes[0]!, rows, waveFirst);
    const outcomes = [this.runHere(this.request(this.lanes[0]!, rows, plan, waveFirst, step))];
    for (let index = 1; index < shards; index++) outcomes.push(this.lanes[index]!.thread!.finish());
    return outcomes;
  }

  private runHere(request: RunArguments): CallOutcome {
    const { functions } = this.kernels;
    const value = functions.run(...request);
    return { value, refusedPosition: value < 0 ? functions.refusedPosition() : -1 };
  }

  private request(lane: Lane, rows: Rows, plan: PlanName, first: number, step: number): RunArguments {
    const count = Math.min(this.parts.shardRows, rows.count - first);
    const gradients = first === 0 ? this.gradients : lane.shardGradients;
    const [start, end] = lane.plans[plan];
    const { stage } = lane.layout;
    const weights = rows.weights === undefined ? 0 : stage.weights;
    const scales = this.lanes[0]!.layout.stage.scales;
    return [start, end, count, gradients - this.parameterBase, scales, weights, rows.weightKind, first, this.parts.seed, step];
  }

  private stageShard(lane: Lane, rows: Rows, first: number): void {
    const { f32 } = this.kernels;
    const { inputSize, outputSize, shardRows } = this.parts;
    const { stage } = lane.layout;
    const count = Math.min(shardRows, rows.count - first);
    copyInto(f32, stage.features / 4, rows.features, first * inputSize, count * inputSize);
    if (rows.targets !== undefined) copyInto(f32, stage.targets / 4, rows.targets, first * outputSize, count * outputSize);
    const width = rows.weightKind === 1 ? 1 : outputSize;
    if (rows.weights !== undefined) copyInto(f32, stage.weights / 4, rows.weights, first * width, count * width);
  }

  /** A run returns -1 for a value that is not finite, -2 for a token that no embedding has. */
  private explain(value: number, refusedPosition: number, first: number): Refusal {
    const { inputSize } = this.parts;
    if (value === -2) return { kind: 'token', row: first + refusedPosition, column: 0 };
    return { kind: 'value', row: first + Math.floor(refusedPosition / inputSize), column: refusedPosition % inputSize };
  }

  private placeLane(arena: Arena): Lane {
    const { model, heads, scratchFloats, shardRows: rows, parameterFloats } = this.parts;
    const control = arena.allocate(CONTROL_WORDS);
    const shardGradients = arena.allocate(parameterFloats);
    const layout = layOut({ model, heads, rows, scratchFloats, parameterBase: this.parameterBase, start: arena.top });
    arena.top = layout.end;
    const place = (plan: PlanName): readonly [number, number] => {
      const words = layout.plans[plan].length;
      const start = arena.allocate(words);
      return [start, start + words * 4];
    };
    const plans = { training: place('training'), prediction: place('prediction'), evaluation: place('evaluation') };
    return { layout, shardGradients, plans, control };
  }

  private startLane(lane: Lane, index: number): Lane {
    const { functions, memory, u32 } = this.kernels;
    for (const plan of ['training', 'prediction', 'evaluation'] as const) u32.set(lane.layout.plans[plan], lane.plans[plan][0] / 4);
    if (index === 0) return lane;
    const thread = new ThreadHandle(functions, memory, lane.control);
    this.parts.threads!.spawn({ module: kernelModule(true), memory, control: lane.control });
    return { ...lane, thread };
  }
}

function copyInto(target: Float32Array, at: number, source: Float32Array, from: number, count: number): void {
  if (count <= SMALL_COPY) for (let i = 0; i < count; i++) target[at + i] = source[from + i]!;
  else target.set(from === 0 && count === source.length ? source : source.subarray(from, from + count), at);
}
