import type { KernelFunctions } from '../../../kernels/index.ts';

/** A number, or a function of the step (0, 1, 2, ...). */
export type LearningRate = number | Schedule;

/** Learning rate of a step, counted from 0. */
export type Schedule = (step: number) => number;

/** What an update works on: flat arrays in the arena, padded to whole vectors. */
export interface UpdateArguments {
  readonly functions: KernelFunctions;
  /** Floats in each array. */
  readonly count: number;
  /** Address of the parameters, which the update changes. */
  readonly parameters: number;
  /** Address of dJ/dp. */
  readonly gradients: number;
  /** Addresses of the optimizer's own arrays. */
  readonly slots: readonly number[];
  /** Updates before this one. */
  readonly step: number;
}

/** A pair of init and update over flat arrays, as in optax: all state is in the slots and the step count. */
export interface Optimizer {
  readonly name: string;
  /** Arrays of state, each as long as the parameters. */
  readonly slots: number;
  /** Everything that decides the updates, for model cards. */
  readonly config: Readonly<Record<string, unknown>>;
  /** First values of the slots (zero on entry). */
  init(slots: readonly Float32Array[]): void;
  update(arguments_: UpdateArguments): void;
}

export function learningRateAt(rate: LearningRate, step: number): number {
  return typeof rate === 'number' ? rate : rate(step);
}

/** base^exponent for a whole exponent, by repeated squaring: the same bits everywhere, whatever steps came before. */
export function wholePower(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
