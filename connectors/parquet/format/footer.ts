import { FOOTER_TAIL, FooterError, readFooterBytes } from './footer-bytes.ts';
import { placeOfChunk } from './row-group-file.ts';
import { readThrift } from './thrift-reader.ts';
import type { ThriftStruct, ThriftValue } from './thrift-value.ts';
import { unreadable } from './unreadable.ts';

/** One leaf or group of the file's schema, depth first. */
export interface SchemaElement {
  readonly name: string;
  /** Physical type: 0 boolean, 1 int32, 2 int64, 3 int96, 4 float, 5 double, 6 byte array, 7 fixed-length byte array; undefined for groups. */
  readonly physicalType: number | undefined;
  readonly children: number;
  readonly thrift: ThriftStruct;
}

/** Column chunk of one row group. */
export interface ColumnChunk {
  /** Path in the schema, joined by dots. */
  readonly path: string;
  /** The top-level column that the chunk belongs to. */
  readonly root: string;
  readonly codec: string;
  readonly encodings: readonly string[];
  readonly values: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  readonly nullCount: number | undefined;
  /** Smallest and largest value as Parquet encodes them; only those of the order that the type defines. */
  readonly minimum: Uint8Array | undefined;
  readonly maximum: Uint8Array | undefined;
}

export interface RowGroup {
  readonly rows: number;
  readonly firstRow: number;
  /** Uncompressed bytes of all columns. */
  readonly bytes: number;
  readonly columns: readonly ColumnChunk[];
  readonly thrift: ThriftStruct;
}

/** What a Parquet file says about itself. */
export interface Footer {
  readonly path: string;
  readonly fileBytes: number;
  readonly rows: number;
  readonly createdBy: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly schema: readonly SchemaElement[];
  /** The schema's leaves: one per column chunk of a row group, in its order. */
  readonly leaves: readonly SchemaElement[];
  readonly rowGroups: readonly RowGroup[];
  readonly thrift: ThriftStruct;
}

const CODECS = ['uncompressed', 'snappy', 'gzip', 'lzo', 'brotli', 'lz4', 'zstd', 'lz4-raw'];
const ENCODINGS = [
  'plain',
  'group-var-int',
  'plain-dictionary',
  'rle',
  'bit-packed',
  'delta-binary-packed',
  'delta-length-byte-array',
  'delta-byte-array',
  'rle-dictionary',
  'byte-stream-split',
];

/**
 * Reads the footer of a Parquet file without touching its data.
 *
 * @throws MillraceError FILE_UNREADABLE for a file that is missing, foreign, truncated, encrypted or damaged.
 * Format: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
export function readFooter(path: string): Footer {
  try {
    const { bytes, fileBytes } = readFooterBytes(path);
    return parseFooter(path, bytes, fileBytes);
  } catch (thrown) {
    if (thrown instanceof FooterError)
      throw unreadable(path, thrown.message, { ...(thrown.hint && { hint: thrown.hint }), cause: thrown.cause });
    if (!(thrown instanceof RangeError)) throw thrown;
    throw unreadable(path, `its footer is damaged (${thrown.message})`, { cause: thrown, hint: 'write or copy the file again' });
  }
}

/** Reads the bytes of a footer; `fileBytes` is the size of the whole file. */
export function parseFooter(path: string, bytes: Uint8Array, fileBytes: number): Footer {
  const thrift = readThrift(bytes);
  if (thrift.struct(8) !== undefined)
    throw unreadable(path, 'its columns are encrypted', { hint: 'decrypt it first: Parquet encryption is not supported' });
  const schema = thrift.structs(2).map(schemaElement);
  if (schema.length === 0) throw new RangeError('it holds no schema');
  const leaves = schema.slice(1).filter((element) => element.physicalType !== undefined);
  let firstRow = 0;
  const rowGroups = thrift.structs(4).map((group, index): RowGroup => {
    const rows = group.number(3) ?? -1;
    if (rows < 0) throw new RangeError(`row group ${index} has no number of rows`);
    refuseBeyond(group, index, fileBytes - bytes.length - FOOTER_TAIL);
    firstRow += rows;
    const columns = group.structs(1).map((chunk) => columnChunk(path, chunk));
    if (columns.some((column, leaf) => isFlat(column, leaves[leaf]) && column.values !== rows))
      throw new RangeError(`row group ${index} has another number of rows than its columns`);
    return { rows, firstRow: firstRow - rows, bytes: group.number(2) ?? 0, columns, thrift: group };
  });
  const metadata = new Map(thrift.structs(5).map((entry) => [entry.text(1) ?? '', entry.text(2) ?? '']));
  return { path, fileBytes, rows: firstRow, createdBy: thrift.text(6) ?? 'unknown', metadata, schema, leaves, rowGroups, thrift };
}

const REPEATED = 2;

/** Whether a column has one value per row, null or not. */
const isFlat = ({ path, root }: ColumnChunk, leaf: SchemaElement | undefined): boolean =>
  path === root && leaf !== undefined && leaf.name === root && leaf.thrift.number(3) !== REPEATED;

/** Bytes that were cut out or a footer of another file: found out before anything is decoded. */
function refuseBeyond(group: ThriftStruct, index: number, dataEnd: number): void {
  for (const chunk of group.structs(1)) {
    const { start, length } = placeOfChunk(chunk);
    if (group.number(3) === 0) continue;
    if (start < 4 || length < 0 || start + length > dataEnd) throw new RangeError(`row group ${index} lies beyond the end of its data`);
  }
}

function schemaElement(thrift: ThriftStruct): SchemaElement {
  return { name: thrift.text(4) ?? '', physicalType: thrift.number(1), children: thrift.number(5) ?? 0, thrift };
}

const utf8 = new TextDecoder();

function bytesOf(value: ThriftValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new RangeError('a name is no text');
}

function columnChunk(file: string, chunk: ThriftStruct): ColumnChunk {
  const data = chunk.struct(3);
  if (data === undefined)
    throw unreadable(file, 'its columns are encrypted', { hint: 'decrypt it first: Parquet encryption is not supported' });
  const statistics = data.struct(12);
  const path = data.list(3).map((part) => utf8.decode(bytesOf(part)));
  return {
    path: path.join('.'),
    root: path[0] ?? '',
    codec: CODECS[data.number(4) ?? 0] ?? `codec ${data.number(4)}`,
    encodings: data.list(2).map((encoding) => ENCODINGS[encoding as number] ?? `encoding ${encoding}`),
    values: data.number(5) ?? 0,
    uncompressedBytes: data.number(6) ?? 0,
    compressedBytes: data.number(7) ?? 0,
    nullCount: statistics?.number(3),
    minimum: statistics?.bytes(6),
    maximum: statistics?.bytes(5),
  };
}
