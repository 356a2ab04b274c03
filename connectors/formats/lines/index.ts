export { FieldColumns } from './field-columns.ts';
export { type Line, LineDecoder, type LineReader } from './line-decoder.ts';
export { type LineDecoding, lineOptions, readOnlyFormat } from './line-format.ts';
