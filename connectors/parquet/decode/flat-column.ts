import { placeOfChunk } from '../format/row-group-file.ts';
import type { ThriftStruct } from '../format/thrift-value.ts';
import type { ColumnKind } from './column-part.ts';
import { KNOWN_ENCODINGS } from './encodings.ts';

/** What a column is, as far as decoding goes. */
export interface ColumnForm {
  readonly kind: ColumnKind;
  /** Whether its values may be null. */
  readonly isOptional: boolean;
}

/** A column chunk as it lies in its file. */
export interface PackedChunk {
  readonly start: number;
  readonly length: number;
  /** By its number in Parquet's footer. */
  readonly codec: number;
  readonly unpackedBytes: number;
}

/** A column chunk that is decoded here. Plain data: the thread that decodes needs no footer. */
export interface FlatColumn {
  readonly chunk: PackedChunk;
  readonly form: ColumnForm;
}

/** Codecs that pages can be unpacked from here: none, snappy, gzip, brotli, zstd. */
const KNOWN_CODECS: ReadonlySet<number> = new Set([0, 1, 2, 4, 6]);

const utf8 = new TextDecoder();

/** The chunks of the columns asked for, in their order, if all of them are flat and of codecs and encodings that are known here; else undefined. */
export function flatColumns(
  group: ThriftStruct,
  columns: readonly string[],
  forms: readonly ColumnForm[] | undefined,
): readonly FlatColumn[] | undefined {
  if (forms === undefined) return undefined;
  const found: FlatColumn[] = [];
  const chunks = new Map(group.structs(1).map((chunk) => [nameOf(chunk), chunk]));
  for (const [column, name] of columns.entries()) {
    const chunk = chunks.get(name);
    const about = chunk?.struct(3);
    if (chunk === undefined || about === undefined) return undefined;
    const codec = about.number(4) ?? 0;
    if (!KNOWN_CODECS.has(codec) || about.list(2).some((encoding) => !KNOWN_ENCODINGS.has(Number(encoding)))) return undefined;
    found.push({ chunk: { ...placeOfChunk(chunk), codec, unpackedBytes: about.number(6) ?? 0 }, form: forms[column] as ColumnForm });
  }
  return found;
}

/** The name of a top-level column's chunk; undefined for one within a nested column. */
function nameOf(chunk: ThriftStruct): string | undefined {
  const path = chunk.struct(3)?.list(3) ?? [];
  return path.length === 1 ? utf8.decode(path[0] as Uint8Array) : undefined;
}
