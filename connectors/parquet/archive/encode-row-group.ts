import { DataType, Type } from 'apache-arrow';
import type { WriterPropertiesBuilder } from 'parquet-wasm/node';
import { type Batch, type BatchSchema, batchToIpc } from '../../../columnar/index.ts';
import { parseFooter } from '../format/footer.ts';
import { parquetWasm } from '../format/parquet-wasm.ts';
import { HEAD_BYTES, moveRowGroup, placeOfChunk } from '../format/row-group-file.ts';
import type { ThriftStruct } from '../format/thrift-value.ts';
import { withParquetDates } from './parquet-dates.ts';

/** How column chunks are written. */
export interface Encoding {
  readonly compression: 'zstd' | 'snappy' | 'lz4' | 'gzip' | 'brotli' | 'uncompressed';
  /** Columns to dictionary-encode; 'strings' are all string columns. */
  readonly dictionary: 'strings' | 'all' | 'none' | readonly string[];
  readonly statistics: boolean;
}

const CODECS = { zstd: 'ZSTD', snappy: 'SNAPPY', lz4: 'LZ4_RAW', gzip: 'GZIP', brotli: 'BROTLI', uncompressed: 'UNCOMPRESSED' } as const;

/** One row group as bytes, and its place in the footer as if those bytes began the file's data. */
export interface EncodedRowGroup {
  readonly bytes: Uint8Array;
  readonly group: ThriftStruct;
  /** The footer that the group came with: schema, Arrow schema, column orders. */
  readonly footer: ThriftStruct;
  readonly rows: number;
}

/**
 * Encodes a batch as one row group: parquet-wasm writes a file of it, of which the column chunks are taken. So files of any length are written
 * with the memory of one row group, and their metadata last, when it is known.
 */
export function encodeRowGroup(batch: Batch, encoding: Encoding): EncodedRowGroup {
  const { Table, writeParquet } = parquetWasm();
  const properties = writerProperties(batch.schema, encoding).setMaxRowGroupSize(Math.max(1, batch.numRows)).setWriteBatchSize(16_384);
  const file = writeParquet(Table.fromIPCStream(batchToIpc(withParquetDates(batch))), properties.build());
  const footerBytes = new DataView(file.buffer, file.byteOffset).getUint32(file.length - 8, true);
  const footer = parseFooter('row group', file.subarray(file.length - 8 - footerBytes, file.length - 8), file.length).thrift;
  const group = footer.structs(4)[0];
  if (group === undefined) return { bytes: new Uint8Array(0), group: footer, footer, rows: 0 };
  const end = Math.max(
    HEAD_BYTES,
    ...group
      .structs(1)
      .map(placeOfChunk)
      .map(({ start, length }) => start + length),
  );
  return { bytes: file.subarray(HEAD_BYTES, end), group: moveRowGroup(group, () => -HEAD_BYTES), footer, rows: batch.numRows };
}

function writerProperties(schema: BatchSchema, encoding: Encoding): WriterPropertiesBuilder {
  const { Compression, EnabledStatistics, WriterPropertiesBuilder } = parquetWasm();
  let properties = new WriterPropertiesBuilder()
    .setCompression(Compression[CODECS[encoding.compression]])
    .setStatisticsEnabled(encoding.statistics ? EnabledStatistics.Chunk : EnabledStatistics.None);
  const { dictionary } = encoding;
  // A dictionary of measured numbers is built, found too large and thrown away: writing takes three times as long.
  for (const field of schema.fields) {
    const enabled =
      dictionary === 'all' || (dictionary === 'strings' ? isText(field.type) : dictionary !== 'none' && dictionary.includes(field.name));
    properties = properties.setColumnDictionaryEnabled(field.name, enabled);
  }
  return properties;
}

const isText = (type: DataType): boolean =>
  type.typeId === Type.Utf8 || type.typeId === Type.LargeUtf8 || (DataType.isDictionary(type) && isText(type.dictionary));
