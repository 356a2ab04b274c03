export * as activationCodes from './activation-codes.ts';
export { blockPackers, MOST_BLOCK_BYTES } from './block-packer.ts';
export { crc32c } from './crc32c.ts';
export { clipGradients, gradientsAreSafe } from './gradient-limits.ts';
export { growMemory } from './grow-memory.ts';
export { createJsonScanner, type JsonScannerFunctions, powersOfFive, SCANNER_START } from './json-scanner.ts';
export { createJsonWriter, JSON_COLUMN, type JsonWriterKernel } from './json-writer.ts';
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
export { createEncodeFunctions, ENCODE_START, type EncodeFunctions } from './parquet-encode.ts';
export { type PageFunctions, type PageProgram, pageProgram } from './parquet-pages.ts';
export { Random } from './random.ts';
export { type RecordBatchKernel, recordBatchKernel } from './record-batch.ts';
export { SlotEntries } from './slot-entries.ts';
export { SlotTables } from './slot-tables.ts';
export {
  type CallOutcome,
  CONTROL_WORDS,
  runThread,
  type ThreadCall,
  ThreadHandle,
  type ThreadSeat,
  threadFailed,
} from './thread.ts';
export {
  providedThreads,
  provideThreads,
  type SpawnThread,
} from './thread-host.ts';
export { TimedRows } from './timed-rows.ts';
export { TrainingBlock, type TrainingSeat, type TrainingShape } from './training-block.ts';
export { TrainingLoop } from './training-loop.ts';
export { MOST_UPDATE_CALLS, UPDATE_CALL_NUMBERS, UPDATE_CALLS } from './update-calls.ts';
