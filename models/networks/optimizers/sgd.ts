import { type LearningRate, learningRateAt, type Optimizer } from './optimizer.ts';

export interface SgdOptions {
  /** Default 0.01. */
  readonly learningRate?: LearningRate;
  /** L2 term added to the gradient, default 0. */
  readonly weightDecay?: number;
}

export interface MomentumOptions extends SgdOptions {
  /** Share of the velocity kept, default 0.9. */
  readonly momentum?: number;
}

const shown = (rate: LearningRate): number | string => (typeof rate === 'number' ? rate : 'schedule');

/** Plain gradient descent: p = p - rate g. */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { learningRate = 0.01, weightDecay = 0 } = options;
  return {
    name: 'sgd',
    slots: 0,
    config: { learningRate: shown(learningRate), weightDecay },
    init() {},
    update({ functions, count, parameters, gradients, step }) {
      functions.sgdUpdate(count, parameters, gradients, learningRateAt(learningRate, step), weightDecay);
    },
  };
}

function withVelocity(name: string, options: MomentumOptions, lookAhead: boolean): Optimizer {
  const { learningRate = 0.01, weightDecay = 0, momentum: share = 0.9 } = options;
  return {
    name,
    slots: 1,
    config: { learningRate: shown(learningRate), momentum: share, weightDecay },
    init() {},
    update({ functions, count, parameters, gradients, slots, step }) {
      const rate = learningRateAt(learningRate, step);
      functions.momentumUpdate(count, parameters, gradients, slots[0]!, rate, share, weightDecay, lookAhead ? 1 : 0);
    },
  };
}

/** Gradient descent with a velocity: v = momentum v + g, p = p - rate v. Source: B. Polyak, 1964. */
export function momentum(options: MomentumOptions = {}): Optimizer {
  return withVelocity('momentum', options, false);
}

/** Momentum that looks ahead: p = p - rate (g + momentum v). Source: Y. Nesterov, 1983, in the form of I. Sutskever et al., 2013. */
export function nesterov(options: MomentumOptions = {}): Optimizer {
  return withVelocity('nesterov', options, true);
}
