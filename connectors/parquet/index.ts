export { type ArchiveOptions, archive, archiveOptions } from './archive/archive.ts';
export { type ParquetOptions, parquet, parquetOptions } from './parquet.ts';
export type { ColumnCondition, FilterValue } from './read/row-filter.ts';
export type { ReplayClock } from './replay/replay-clock.ts';
export { progressLine, ReplayProgress, type ReplayState } from './replay/replay-progress.ts';
export { type ReplayOptions, replaying, replayOptions } from './replay/replaying.ts';
export { convert, convertOptions } from './tools/convert.ts';
export { type ColumnInspection, type FileInspection, inspectParquet } from './tools/inspect.ts';
export { inspectionText } from './tools/inspection-text.ts';
