/**
 * Millrace's core: columns (Arrow schemas, batches and views), streams (batches in order, operators, `flow`) and pipelines.
 * Operators, models and connectors have entries of their own: `millrace/operators`, `millrace/models`, `millrace/connectors`.
 */
export * from './columnar/index.ts';
export * from './pipeline/index.ts';
export * from './streams/index.ts';
