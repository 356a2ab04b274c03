// Entry of kernels.wasm: the plan runner, the optimizers, and the single kernels that tests compare with their oracles.

export { run, refusedPosition } from './run';
export { gemm, packPanels } from './gemm';
export { columnSums, gemmByDots, gemmTransposed, transpose } from './gemm-transposed';
export { activate, activateBackward } from './activation';
export { addInto, firstNonFinite, largestMagnitudeBits } from './elementwise';
export { adagradUpdate, adamUpdate, momentumUpdate, rmspropUpdate, scaleBy, sgdUpdate, sumOfSquares } from './optimizers';
export { orthonormalize } from './orthogonal';
