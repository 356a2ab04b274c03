import type { KernelFunctions } from './kernel-functions.ts';

/** Gradients beyond this would overflow when squared in the optimizers' moments: the step is skipped. */
const LARGEST_GRADIENT = 1e18;
/** Its bits: magnitudes are ordered as their bits are. */
const LARGEST_GRADIENT_BITS = new Uint32Array(new Float32Array([LARGEST_GRADIENT]).buffer)[0]!;

/** Whether a step on these gradients leaves the parameters finite. */
export function gradientsAreSafe(functions: KernelFunctions, loss: number, gradients: number, count: number): boolean {
  return Number.isFinite(loss) && functions.largestMagnitudeBits(gradients, count) <= LARGEST_GRADIENT_BITS;
}

/** Scales gradients down to a global norm. */
export function clipGradients(functions: KernelFunctions, gradients: number, count: number, clipNorm: number): void {
  if (clipNorm === Number.POSITIVE_INFINITY) return;
  const norm = Math.sqrt(functions.sumOfSquares(gradients, count));
  if (norm > clipNorm) functions.scaleBy(gradients, count, clipNorm / (norm + 1e-6));
}
