export { gru32 as pipeline } from './learn-pipelines.ts';
