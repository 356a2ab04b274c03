import { opcodes } from '../../../kernels/index.ts';
import type { Initializer } from '../initializers.ts';
import type { PlanBuilder } from '../plan-builder.ts';
import { type Shape, shapeError } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/** Options that all recurrent layers share, with Keras' names. */
export interface RecurrentOptions {
  /** All outputs rather than the last one. */
  readonly returnSequences?: boolean;
  readonly kernelInitializer?: Initializer;
  readonly recurrentInitializer?: Initializer;
  readonly biasInitializer?: Initializer;
  readonly name?: string;
}

/** Shape of a recurrent layer's output. The second input, if any, is one number a sample: how many steps count. */
export function recurrentOutputShape(inputs: readonly Shape[], units: number, returnSequences: boolean, label: string): Shape {
  const [shape, lengths] = inputs;
  const fits = shape?.length === 2 && inputs.length <= 2 && (lengths === undefined || (lengths.length === 1 && lengths[0] === 1));
  if (!fits) throw shapeError(label, 'a sequence [steps, features] and, where samples differ in length, lengths [1]', inputs);
  return returnSequences ? [shape[0]!, units] : [units];
}

/** What the kernels of a recurrent layer work on. */
export interface RecurrentParts {
  readonly x: Tensor;
  readonly steps: number;
  readonly features: number;
  /** Words for lengths and their stride. */
  readonly lengths: readonly number[];
  /** All states, time-major. */
  readonly sequence: Tensor;
  /** What the layer hands on. */
  readonly output: Tensor;
  /** dh on entry of the backward pass, or scratch for it. */
  readonly dh: number;
  /** dSequence, or 0 where only the last state is handed on. */
  readonly dSequence: number;
}

/** Lays out input, states and output. Call `finish` right after the forward instruction. */
export function recurrentParts(
  builder: PlanBuilder,
  inputs: readonly Tensor[],
  units: number,
  returnSequences: boolean,
): RecurrentParts & { finish(): void } {
  const [source, lengths] = inputs;
  const x = builder.timeMajor(source!);
  const steps = x.shape[0]!;
  const sequence = builder.output([steps, units], returnSequences ? 'parameters' : [], true);
  const output = returnSequences ? sequence : builder.output([units], 'parameters');
  return {
    x,
    steps,
    features: x.shape[1]!,
    lengths: lengths === undefined ? [0, 0] : [lengths.address, lengths.pitch],
    sequence,
    output,
    dh: returnSequences ? builder.perRow(sequence.pitch) : output.gradient,
    dSequence: returnSequences ? sequence.gradient : 0,
    finish() {
      if (!returnSequences) builder.forward(opcodes.LAST_STEP, [steps, sequence.pitch, sequence.address, output.address]);
    },
  };
}

/** Clears dh before back-propagation where the gradient comes with the sequence. */
export function clearCarriedGradient(builder: PlanBuilder, parts: RecurrentParts): void {
  if (parts.dSequence !== 0) builder.backward(opcodes.ZERO_FILL, [parts.dh, parts.sequence.pitch]);
}
