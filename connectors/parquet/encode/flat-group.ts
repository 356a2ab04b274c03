import { THRIFT, ThriftStruct, type ThriftValue } from '../format/thrift-value.ts';
import { ChunkEncoder, type EncodedChunk } from './chunk-encoder.ts';
import type { ColumnPlan, PackedRows } from './packed-rows.ts';
import { PAGE_LIMITS } from './page-cuts.ts';
import { type Append, CODECS, type Codec } from './page-output.ts';

/** How the chunks of a row group are written. */
export interface GroupEncoding {
  readonly codec: Codec;
  readonly statistics: boolean;
}

const PLAIN = 0;
const RUNS = 3;
const DICTIONARY = 8;
const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;

/** Encodes row groups of flat columns. */
export class FlatGroups {
  readonly #chunks: ChunkEncoder;

  constructor(limits = PAGE_LIMITS) {
    this.#chunks = new ChunkEncoder(limits);
  }

  /** Writes the column chunks of a row group, which begins at `position` of its file; returns its place in the footer. */
  encode(rows: PackedRows, plans: readonly ColumnPlan[], encoding: GroupEncoding, position: number, append: Append): ThriftStruct {
    let at = position;
    let unpackedBytes = 0;
    const chunks = plans.map((plan, index) => {
      const column = rows.columns[index] as PackedRows['columns'][number];
      const chunk = this.#chunks.encode(plan, column, rows.rows, encoding.codec, append);
      const entry = chunkEntry(plan, chunk, rows.rows, encoding, at);
      at += chunk.bytes;
      unpackedBytes += chunk.unpackedBytes;
      return entry;
    });
    return new ThriftStruct()
      .setStructs(1, chunks)
      .set(2, THRIFT.i64, unpackedBytes)
      .set(3, THRIFT.i64, rows.rows)
      .set(5, THRIFT.i64, position)
      .set(6, THRIFT.i64, at - position);
  }
}

const utf8 = new TextEncoder();

const listOf = (itemType: number, items: ThriftValue[]) => ({ itemType, items });

/** ColumnChunk with its ColumnMetaData. */
function chunkEntry(plan: ColumnPlan, chunk: EncodedChunk, rows: number, encoding: GroupEncoding, at: number): ThriftStruct {
  const encodings = [PLAIN, RUNS, ...(chunk.codedPages > 0 ? [DICTIONARY] : [])];
  const data = new ThriftStruct()
    .set(1, THRIFT.i32, plan.physicalType)
    .set(2, THRIFT.list, listOf(THRIFT.i32, encodings))
    .set(3, THRIFT.list, listOf(THRIFT.binary, [utf8.encode(plan.name)]))
    .set(4, THRIFT.i32, CODECS[encoding.codec])
    .set(5, THRIFT.i64, rows)
    .set(6, THRIFT.i64, chunk.unpackedBytes)
    .set(7, THRIFT.i64, chunk.bytes)
    .set(9, THRIFT.i64, at + chunk.dataStart)
    .setStructs(13, pageCounts(chunk));
  if (chunk.dictionaryStart !== undefined) data.set(11, THRIFT.i64, at + chunk.dictionaryStart);
  if (encoding.statistics) data.set(12, THRIFT.struct, statistics(chunk));
  return new ThriftStruct().set(2, THRIFT.i64, 0).set(3, THRIFT.struct, data);
}

function statistics({ nullCount, range }: EncodedChunk): ThriftStruct {
  const struct = new ThriftStruct().set(3, THRIFT.i64, nullCount);
  if (range === undefined) return struct;
  return struct.set(5, THRIFT.binary, range.most).set(6, THRIFT.binary, range.least).set(7, THRIFT.true, true).set(8, THRIFT.true, true);
}

/** By which readers know whether all values are in the dictionary. */
function pageCounts({ codedPages, plainPages, dictionaryStart }: EncodedChunk): ThriftStruct[] {
  const counts: [number, number, number][] = [
    [DICTIONARY_PAGE, PLAIN, dictionaryStart === undefined ? 0 : 1],
    [DATA_PAGE, DICTIONARY, codedPages],
    [DATA_PAGE, PLAIN, plainPages],
  ];
  return counts
    .filter(([, , count]) => count > 0)
    .map(([type, encoding, count]) => new ThriftStruct().set(1, THRIFT.i32, type).set(2, THRIFT.i32, encoding).set(3, THRIFT.i32, count));
}
