export { type ParquetOptions, parquet, parquetOptions } from './parquet.ts';
export type { ColumnCondition, FilterValue } from './read/row-filter.ts';
