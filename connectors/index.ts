export * from './contract/index.ts';
export * from './formats/index.ts';
export * from './kafka/index.ts';
export * from './log/index.ts';
export * from './memory/index.ts';
export * from './parquet/index.ts';
export { decodeHeaders, encodeHeaders, partitionOf, rawRecordAt } from './records/index.ts';
export { type TopicOptions, topic } from './topic.ts';
