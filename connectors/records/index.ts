export { type BatchHeader, readBatchHeader } from './batch-header.ts';
export type { Compression } from './compression.ts';
export { crc32c } from './crc32c.ts';
export { type DecodedRecordBatch, type DecodeOptions, decodeRecordBatch } from './decode-record-batch.ts';
export { type EncodeOptions, encodeRecordBatch } from './encode-record-batch.ts';
export { murmur2, partitionOf } from './murmur2.ts';
export { rawRecordAt } from './raw-record.ts';
export { decodeHeaders, encodeHeaders } from './record-headers.ts';
