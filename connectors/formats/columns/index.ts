export { BooleanColumn } from './boolean-column.ts';
export { ByteDictionary } from './byte-dictionary.ts';
export { CategoryColumn } from './category-column.ts';
export { Int64Column } from './int64-column.ts';
export { NumberColumn } from './number-column.ts';
export { bytesOfBase64, EXPECTED, misfit, putText } from './put-text.ts';
export { type CategoryBuilder, type ColumnBuilder, RowColumns } from './row-columns.ts';
export { ABSENT, NULL, nullsOf, PRESENT } from './row-state.ts';
export { TextColumn } from './text-column.ts';
