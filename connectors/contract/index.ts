export type * from './epoch-store.ts';
export type * from './format.ts';
export type * from './home.ts';
export type * from './record-columns.ts';
export { RecordWriter } from './record-writer.ts';
export type * from './sink.ts';
export type * from './source.ts';
export type * from './topic.ts';
