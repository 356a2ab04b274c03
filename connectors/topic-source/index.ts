export { AppendSignal } from './append-signal.ts';
export type * from './partition-reader.ts';
export { firstAtOrAfter, joinRecords, payloadBytes } from './record-slices.ts';
export { retentionFloors } from './retention-floors.ts';
export { checkPartition, checkTopicSettings, unknownTopic } from './topic-errors.ts';
export { TopicSource } from './topic-source.ts';
