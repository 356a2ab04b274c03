export { mlp as pipeline } from './learn-pipelines.ts';
