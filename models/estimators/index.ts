export { type BesideOptions, type BesideTraining, isTrainableBeside, type TrainableBeside, type TrainingPart } from './beside.ts';
export type { Estimator, LearnResult } from './estimator.ts';
