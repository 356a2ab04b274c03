export { type ArchiveOptions, archive, archiveOptions } from './archive/archive.ts';
export { type ParquetOptions, parquet, parquetOptions } from './parquet.ts';
export type { ColumnCondition, FilterValue } from './read/row-filter.ts';
export { type ReplayOptions, replay, replayOptions } from './replay/replay.ts';
export type { ReplayClock } from './replay/replay-clock.ts';
export { progressLine, ReplayProgress, type ReplayState } from './replay/replay-progress.ts';
