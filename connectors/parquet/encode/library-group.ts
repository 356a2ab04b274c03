import { parquetWasm } from '../format/parquet-wasm.ts';
import { HEAD_BYTES, moveRowGroup, placeOfChunk } from '../format/row-group-file.ts';
import { readThrift } from '../format/thrift-reader.ts';
import type { ThriftStruct } from '../format/thrift-value.ts';
import type { Encoding } from './encoding.ts';

const CODECS = { zstd: 'ZSTD', snappy: 'SNAPPY', lz4: 'LZ4_RAW', gzip: 'GZIP', brotli: 'BROTLI', uncompressed: 'UNCOMPRESSED' } as const;

/** Rows for parquet-wasm, which encodes what we do not: nested columns, and types that Parquet keeps in another form. Plain data, which passes between threads. */
export interface LibraryRows {
  readonly rows: number;
  /** One batch as an Arrow IPC stream. */
  readonly ipc: Uint8Array<ArrayBuffer>;
  /** For each column, whether it is to be dictionary-encoded. */
  readonly dictionaries: readonly (readonly [name: string, isWanted: boolean])[];
  readonly compression: Encoding['compression'];
  readonly statistics: boolean;
}

/** One row group as bytes, and its place in the footer as if those bytes began the file's data. */
export interface LibraryGroup {
  readonly bytes: Uint8Array;
  readonly group: ThriftStruct;
  /** The footer that the group came with: schema, Arrow schema, column orders. */
  readonly footer: ThriftStruct;
}

/**
 * Encodes a batch as one row group: parquet-wasm writes a file of it, of which the column chunks are taken. So files of any length are written
 * with the memory of one row group, and their metadata last, when it is known.
 */
export function libraryGroup({ rows, ipc, dictionaries, compression, statistics }: LibraryRows): LibraryGroup {
  const { Compression, EnabledStatistics, Table, WriterPropertiesBuilder, writeParquet } = parquetWasm();
  let properties = new WriterPropertiesBuilder()
    .setCompression(Compression[CODECS[compression]])
    .setStatisticsEnabled(statistics ? EnabledStatistics.Chunk : EnabledStatistics.None)
    .setMaxRowGroupSize(Math.max(1, rows))
    .setWriteBatchSize(16_384);
  for (const [name, isWanted] of dictionaries) properties = properties.setColumnDictionaryEnabled(name, isWanted);
  const file = writeParquet(Table.fromIPCStream(ipc), properties.build());
  const footerBytes = new DataView(file.buffer, file.byteOffset).getUint32(file.length - 8, true);
  const footer = readThrift(file.subarray(file.length - 8 - footerBytes, file.length - 8));
  const group = footer.structs(4)[0];
  if (group === undefined) return { bytes: new Uint8Array(0), group: footer, footer };
  const ends = group.structs(1).map((chunk) => placeOfChunk(chunk).start + placeOfChunk(chunk).length);
  return {
    bytes: file.subarray(HEAD_BYTES, Math.max(HEAD_BYTES, ...ends)),
    group: moveRowGroup(group, () => -HEAD_BYTES),
    footer,
  };
}
