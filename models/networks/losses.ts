import { lossCodes } from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';

/**
 * What a head is trained on. The mean losses divide by the sum of weights (rows x outputs where there are none), so that a weight of zero leaves a
 * target out altogether; the gradient of a weighted target is its plain gradient times its weight over that sum.
 */
export interface Loss {
  readonly name: string;
  readonly code: number;
  /** 'mean' over the weighted targets, 'sum' over outputs and rows, 'rowMean': mean over rows of a loss that takes a whole row. */
  readonly reduction: 'mean' | 'sum' | 'rowMean';
  /** huber's delta, quantile's q; else 0. */
  readonly parameter: number;
}

/** J = 1/2 sum (y - y*)^2 over outputs and rows: the textbook's, not divided by the number of rows. */
export function halfSquaredError(): Loss {
  return { name: 'halfSquaredError', code: lossCodes.HALF_SQUARED_ERROR, reduction: 'sum', parameter: 0 };
}

/** Mean of (y - y*)^2. */
export function meanSquaredError(): Loss {
  return { name: 'meanSquaredError', code: lossCodes.MEAN_SQUARED_ERROR, reduction: 'mean', parameter: 0 };
}

/** Mean of |y - y*|; its derivative at 0 is taken as 0. */
export function meanAbsoluteError(): Loss {
  return { name: 'meanAbsoluteError', code: lossCodes.MEAN_ABSOLUTE_ERROR, reduction: 'mean', parameter: 0 };
}

/** Squared near zero (1/2 e^2 for |e| <= delta), linear beyond (delta (|e| - delta/2)). Source: P. Huber, 1964. */
export function huber(delta = 1): Loss {
  if (!(delta > 0 && delta < Number.POSITIVE_INFINITY)) {
    throw new MillraceError('INVALID_OPTION', `huber's delta is ${delta}, but must be positive`);
  }
  return { name: 'huber', code: lossCodes.HUBER, reduction: 'mean', parameter: delta };
}

/** Pinball loss, least at the q-quantile of the target. Source: R. Koenker, G. Bassett, "Regression quantiles", 1978. */
export function quantile(q: number): Loss {
  if (!(q > 0 && q < 1)) throw new MillraceError('INVALID_OPTION', `the quantile is ${q}, but must lie between 0 and 1`);
  return { name: 'quantile', code: lossCodes.QUANTILE, reduction: 'mean', parameter: q };
}

/** -(y* ln p + (1 - y*) ln(1 - p)) with p = sigmoid of the output: the head is linear and predicts logits. */
export function binaryCrossentropy(): Loss {
  return { name: 'binaryCrossentropy', code: lossCodes.BINARY_CROSS_ENTROPY, reduction: 'mean', parameter: 0 };
}

/**
 * -sum y* ln p with p = softmax of the outputs: the head is linear and predicts logits; targets are one-hot rows or probabilities. A row has one weight
 * (of weights per output, the head's first counts).
 */
export function categoricalCrossentropy(): Loss {
  return { name: 'categoricalCrossentropy', code: lossCodes.CATEGORICAL_CROSS_ENTROPY, reduction: 'rowMean', parameter: 0 };
}
