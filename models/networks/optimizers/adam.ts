import { type LearningRate, learningRateAt, type Optimizer, wholePower } from './optimizer.ts';

export interface AdamOptions {
  /** Default 0.001. */
  readonly learningRate?: LearningRate;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8, PyTorch's (Keras has 1e-7). */
  readonly epsilon?: number;
  /** adam: L2 term added to the gradient, default 0. adamw: share of the weight taken off per unit of learning rate, default 0.01. */
  readonly weightDecay?: number;
}

function adamWith(name: string, options: AdamOptions, decay: number, decoupled: boolean): Optimizer {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const schedule = typeof learningRate === 'number' ? learningRate : 'schedule';
  return {
    name,
    slots: 2,
    config: { learningRate: schedule, beta1, beta2, epsilon, weightDecay: decay },
    init() {},
    update({ functions, count, parameters, gradients, slots, step }) {
      const rate = learningRateAt(learningRate, step);
      const correction1 = 1 - wholePower(beta1, step + 1);
      const correction2 = 1 - wholePower(beta2, step + 1);
      const [mean, square] = slots as [number, number];
      const l2 = decoupled ? 0 : decay;
      const shrink = decoupled ? 1 - rate * decay : 1;
      const takes = [1 - beta1, 1 - beta2] as const;
      functions.adamUpdate(
        count,
        parameters,
        gradients,
        mean,
        square,
        rate,
        beta1,
        takes[0],
        beta2,
        takes[1],
        epsilon,
        correction1,
        correction2,
        l2,
        shrink,
      );
    },
  };
}

/**
 * Adam: steps scaled by running means of the gradient and its square.
 * Source: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", 2015.
 *
 * @example
 * compile(net, { loss: meanSquaredError(), optimizer: adam({ learningRate: 1e-3 }) })
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamWith('adam', options, options.weightDecay ?? 0, false);
}

/**
 * Adam with weight decay apart from the gradient.
 * Source: I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", 2019.
 */
export function adamw(options: AdamOptions = {}): Optimizer {
  return adamWith('adamw', options, options.weightDecay ?? 0.01, true);
}
