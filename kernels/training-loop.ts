import { clipGradients, gradientsAreSafe } from './gradient-limits.ts';
import { instantiateKernels, type Kernels } from './load-kernels.ts';
import { type PartBlock, TrainingBlock, type TrainingSeat, type TrainingShape } from './training-block.ts';
import { playUpdate } from './update-calls.ts';

/** Makes a network's steps, job by job, as `Network.learnMany` makes them: the same calls in the same order give the same bits. */
export class TrainingLoop {
  readonly #shape: TrainingShape;
  readonly #block: TrainingBlock;
  readonly #kernels: Kernels;
  #made = 0;
  #steps: number;
  #skipped: number;

  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, { shared, shape }: TrainingSeat) {
    this.#shape = shape;
    this.#block = new TrainingBlock(shape, shared);
    this.#kernels = instantiateKernels(module, memory);
    // Before the first job, the place of its predecessor holds the counts to begin with.
    const { counts } = this.#block.outcomes[0]!;
    [this.#steps, this.#skipped] = [counts[0]!, counts[1]!];
  }

  /** Waits for a job; false when there will be none. */
  next(): boolean {
    for (;;) {
      if (this.#block.stopped) return false;
      const posted = this.#block.posted;
      if (posted !== this.#block.made) return true;
      this.#block.live();
      this.#block.awaitPosted(posted);
    }
  }

  /** Makes the next job and publishes what it has come to. */
  make(): void {
    this.#made++;
    const place = this.#made % this.#shape.jobs;
    for (const part of this.#block.parts[place]!) this.#step(part);
    const { counts, arrays } = this.#block.outcomes[place]!;
    counts[0] = this.#steps;
    counts[1] = this.#skipped;
    const { parameterBase, slots, parameterFloats } = this.#shape;
    const { f32 } = this.#kernels;
    for (const [index, base] of [parameterBase, ...slots].entries()) {
      arrays[index]!.set(f32.subarray(base / 4, base / 4 + parameterFloats));
    }
    this.#block.publish();
  }

  /** Tells the network what went wrong. */
  fail(thrown: unknown): void {
    this.#block.fail(thrown);
  }

  #step(part: PartBlock): void {
    const [rows, , anyWeight] = part.header as unknown as [number, number, number];
    // Nothing to learn from: the step is left out, as in `learnMany`.
    if (rows === 0 || anyWeight === 0) return;
    const loss = this.#loss(part, rows);
    const { functions } = this.#kernels;
    const { gradients, parameterFloats, clipNorm } = this.#shape;
    if (!gradientsAreSafe(functions, loss, gradients, parameterFloats)) {
      this.#skipped++;
      return;
    }
    clipGradients(functions, gradients, parameterFloats, clipNorm);
    playUpdate(this.#block.updates[this.#steps % this.#block.updates.length]!, functions);
    this.#steps++;
  }

  /** Loss of a mini-batch, its gradients summed shard by shard in the order of the rows. */
  #loss(part: PartBlock, rows: number): number {
    const { functions } = this.#kernels;
    const { plan, shardRows, parameterBase, gradients, shardGradients, parameterFloats, stage, seed } = this.#shape;
    const weightKind = part.header[1]!;
    this.#kernels.f32.set(part.scales, stage.scales / 4);
    let loss = 0;
    for (let first = 0; first < rows; first += shardRows) {
      const count = Math.min(shardRows, rows - first);
      this.#stage(part, first, count, weightKind);
      const into = (first === 0 ? gradients : shardGradients) - parameterBase;
      const shard = functions.run(plan[0], plan[1], count, into, stage.scales, stage.weights, weightKind, first, seed, this.#steps);
      if (shard < 0) throw new Error(`a row of the mini-batch was refused: ${first} + value ${functions.refusedPosition()}`);
      loss += shard;
      if (first > 0) functions.addInto(shardGradients, gradients, parameterFloats);
      this.#block.live();
    }
    return loss;
  }

  #stage(part: PartBlock, first: number, count: number, weightKind: number): void {
    const { f32 } = this.#kernels;
    const { stage, inputSize, outputSize } = this.#shape;
    const width = weightKind === 1 ? 1 : outputSize;
    f32.set(part.features.subarray(first * inputSize, (first + count) * inputSize), stage.features / 4);
    f32.set(part.targets.subarray(first * outputSize, (first + count) * outputSize), stage.targets / 4);
    f32.set(part.weights.subarray(first * width, (first + count) * width), stage.weights / 4);
  }
}

/** Makes a network's steps until the network is closed. Blocks the worker that calls it. */
export function runTraining(module: WebAssembly.Module, memory: WebAssembly.Memory, seat: TrainingSeat): void {
  const loop = new TrainingLoop(module, memory, seat);
  try {
    while (loop.next()) loop.make();
  } catch (thrown) {
    loop.fail(thrown);
  }
}
