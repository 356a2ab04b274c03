export * as activationCodes from './activation-codes.ts';
export { crc32c } from './crc32c.ts';
export { createJsonScanner, type JsonScannerFunctions, powersOfFive, SCANNER_START } from './json-scanner.ts';
export type { KernelFunctions } from './kernel-functions.ts';
export { ARENA_START, ArenaError, createKernels, instantiateKernels, type Kernels, kernelModule, loadKernels } from './load-kernels.ts';
export * as lossCodes from './loss-codes.ts';
export {
  acos,
  asin,
  atan,
  atan2,
  cbrt,
  cos,
  cosh,
  exp,
  expm1,
  hypot,
  log,
  log1p,
  log2,
  log10,
  pow,
  sin,
  sinh,
  tan,
  tanh,
} from './math.ts';
export * as opcodes from './opcodes.ts';
export { Random } from './random.ts';
