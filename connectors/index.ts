export * from './contract/index.ts';
export * from './formats/index.ts';
export { type TopicOptions, topic } from './topic.ts';
