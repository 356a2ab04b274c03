export { type ArchiveOptions, archive, archiveOptions } from './archive/archive.ts';
export { type ParquetOptions, parquet, parquetOptions } from './parquet.ts';
export type { ColumnCondition, FilterValue } from './read/row-filter.ts';
