/**
 * For tests of pipelines and operators, as `millrace/testing`: the simulator, helpers that run steps without topics, and the comparison of what runs have come to.
 */
export * from './simulator/index.ts';
