import { type LearningRate, learningRateAt, type Optimizer } from './optimizer.ts';

export interface AdagradOptions {
  /** Default 0.01. */
  readonly learningRate?: LearningRate;
  /** Default 1e-10, PyTorch's. */
  readonly epsilon?: number;
  /** First value of the sums of squares, default 0. */
  readonly initialAccumulator?: number;
  /** L2 term added to the gradient, default 0. */
  readonly weightDecay?: number;
}

export interface RmspropOptions {
  /** Default 0.001. */
  readonly learningRate?: LearningRate;
  /** Share of the mean of squares kept, default 0.9 as in Keras (PyTorch calls it alpha and has 0.99). */
  readonly rho?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** L2 term added to the gradient, default 0. */
  readonly weightDecay?: number;
}

const shown = (rate: LearningRate): number | string => (typeof rate === 'number' ? rate : 'schedule');

/**
 * Steps divided by the root of the sum of all squared gradients so far.
 * Source: J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods", 2011.
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const { learningRate = 0.01, epsilon = 1e-10, initialAccumulator = 0, weightDecay = 0 } = options;
  return {
    name: 'adagrad',
    slots: 1,
    config: { learningRate: shown(learningRate), epsilon, initialAccumulator, weightDecay },
    init: ([sums]) => void sums!.fill(initialAccumulator),
    update({ functions, count, parameters, gradients, slots, step }) {
      const rate = learningRateAt(learningRate, step);
      functions.adagradUpdate(count, parameters, gradients, slots[0]!, rate, epsilon, weightDecay);
    },
  };
}

/** Steps divided by the root of a running mean of squared gradients. Source: G. Hinton, Coursera lecture 6e, 2012. */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { learningRate = 1e-3, rho = 0.9, epsilon = 1e-8, weightDecay = 0 } = options;
  return {
    name: 'rmsprop',
    slots: 1,
    config: { learningRate: shown(learningRate), rho, epsilon, weightDecay },
    init() {},
    update({ functions, count, parameters, gradients, slots, step }) {
      const rate = learningRateAt(learningRate, step);
      functions.rmspropUpdate(count, parameters, gradients, slots[0]!, rate, rho, 1 - rho, epsilon, weightDecay);
    },
  };
}
