export { broadcast } from './broadcast.ts';
export { checkPipeline, type PipelineCheck } from './check.ts';
export { collectSeldom } from './collect-seldom.ts';
export {
  definePipeline,
  type FeedDefinition,
  type Input,
  type InputStreams,
  type Output,
  type OutputStreams,
  type Pipeline,
  type PipelineOptions,
  replay,
} from './definition.ts';
export { type HandoverDefinition, handover } from './handover.ts';
export type { Counters } from './ledger.ts';
export { spawnThread } from './network-threads.ts';
export { type HomeOptions, openHome } from './open-home.ts';
export { type Reinjection, reinject } from './reinject.ts';
export { type RejectedRecordInfo, readRejected } from './rejected-records.ts';
export { repartition } from './repartition.ts';
export { type Place, type ReproduceOptions, type Reproduction, reproduce } from './reproduce.ts';
export { type ResliceResult, resliceCheck } from './reslice.ts';
export { type Progress, type Run, type RunSummary, start } from './run.ts';
export type { RunOptions } from './run-options.ts';
export { createSavepoint, forgetTasks, readSavedTasks, type SavedTask, savepointName, writeSavedTasks } from './savepoints.ts';
export { readStateFile, writeStateFile } from './state-file.ts';
export { type CellState, listState, readCells, type TaskState } from './state-report.ts';
export { systemClock, type TaskClock } from './system-clock.ts';
export { type TaskOptions, taskOptions } from './task-options.ts';
export type { TaskSummary } from './task-summary.ts';
