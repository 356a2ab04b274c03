export { type BesideTraining, isTrainableBeside, type TrainableBeside, type TrainingBounds, type TrainingPart } from './beside.ts';
export type { Estimator, LearnResult } from './estimator.ts';
