import { cos } from '../../../kernels/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { type Schedule, wholePower } from './optimizer.ts';

function requirePositive(name: string, value: number): number {
  if (value > 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new MillraceError('INVALID_OPTION', `${name} is ${value}, but must be positive`);
}

/** rate * factor^floor(step / every). */
export function stepDecay(rate: number, options: { readonly every: number; readonly factor?: number }): Schedule {
  const { every, factor = 0.1 } = options;
  requirePositive('every', every);
  return (step) => rate * wholePower(factor, Math.floor(step / every));
}

/** rate / (1 + decay * step): falls slowly for ever, as convergence proofs want it (H. Robbins, S. Monro, 1951). */
export function inverseTimeDecay(rate: number, decay: number): Schedule {
  requirePositive('decay', decay);
  return (step) => rate / (1 + decay * step);
}

/** From `rate` to `floor` along half a cosine over `steps` steps, then `floor`. Source: I. Loshchilov, F. Hutter, "SGDR", 2017. */
export function cosineDecay(rate: number, steps: number, floor = 0): Schedule {
  requirePositive('steps', steps);
  return (step) => (step >= steps ? floor : floor + (rate - floor) * 0.5 * (1 + cos((Math.PI * step) / steps)));
}

/** Rises from 0 over the first `steps` steps, then follows `after` (a rate or a schedule that counts from there). */
export function warmup(steps: number, after: number | Schedule): Schedule {
  requirePositive('steps', steps);
  const later = typeof after === 'number' ? () => after : after;
  return (step) => (step < steps ? (later(0) * (step + 1)) / steps : later(step - steps));
}
