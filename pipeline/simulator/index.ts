export { type JsonRecordOptions, jsonRecords } from './json-records.ts';
export { compareOutcomes, type Outcome, readOutcome } from './outcome.ts';
export { runOperator, runSteps, type StepsRun } from './run-steps.ts';
export { type SimulateOptions, type SimulationReport, simulate, simulateOptions } from './simulate.ts';
export type { SimulatedInputs } from './simulation.ts';
