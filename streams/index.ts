export { type FanIn, fanIn, type TurnInputs } from './fan-in.ts';
export { flow, type Operator } from './flow.ts';
export { Heap } from './heap.ts';
export { type MapAsyncOptions, mapAsync } from './map-async.ts';
export { filterBatch, mapBatch } from './map-batch.ts';
export { type ErrorCode, MillraceError, type MillraceErrorOptions, type Origin } from './millrace-error.ts';
export { type Duration, duration, milliseconds, parseOptions } from './options.ts';
export { StateReader, StateWriter } from './state-bytes.ts';
export { type AdoptedState, cellOf, type StatefulOperator, statefulOperator } from './stateful-operator.ts';
export { type StepOptions, step } from './step.ts';
export {
  type BatchOrigin,
  type RecordPlaces,
  type RowsOf,
  type StreamBatch,
  sliceStreamBatch,
  streamBatch,
  takeOrder,
  takeStreamRows,
  type WatermarkMark,
  withBatch,
} from './stream-batch.ts';
export {
  type Adoption,
  type AnswerJournal,
  type BatchObserver,
  buildInTask,
  type Clock,
  currentTask,
  type LedgerEquation,
  type OnError,
  type RejectedRow,
  type Score,
  type StateCell,
  type StepContext,
  type StepDeclaration,
  type StepReport,
  type TaskContext,
  withStepId,
} from './task-context.ts';
export { concatStreamBatches, mergeInOrder, union } from './union.ts';
