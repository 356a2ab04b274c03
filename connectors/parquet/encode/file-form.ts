import { type DataType, DataType as DataTypes, Type } from 'apache-arrow';
import { type Batch, type BatchSchema, batchToIpc, concatBatches, emptyBatch } from '../../../columnar/index.ts';
import { readThrift } from '../format/thrift-reader.ts';
import type { ThriftStruct } from '../format/thrift-value.ts';
import type { Encoding } from './encoding.ts';
import { flatBatch } from './flat-batch.ts';
import { flatFooter } from './flat-footer.ts';
import { flatPlans } from './flat-plan.ts';
import type { GroupRows, WrittenGroup } from './group-host.ts';
import { libraryGroup } from './library-group.ts';
import { packRows } from './pack-rows.ts';
import type { ColumnPlan } from './packed-rows.ts';
import { isKnownCodec } from './page-output.ts';
import { withParquetDates } from './parquet-dates.ts';

/** How the rows of one file are encoded, as its schema decides. */
export interface FileForm {
  /** Rows of batches as one row group; `spare` is memory that may be used for them. */
  group(batches: readonly Batch[], spare: ArrayBuffer | undefined): GroupRows;
  /** The footer of a file without row groups; of a group that was written, if there is one. */
  footer(written: WrittenGroup | undefined): ThriftStruct;
  /** Bytes that a row group can have at most; Infinity where that is not known. */
  mostBytes(rows: GroupRows): number;
}

/** Flat columns are encoded by us, all others and LZ4 by the library. */
export function fileForm(schema: BatchSchema, encoding: Encoding): FileForm {
  const stored = withParquetDates(emptyBatch(schema)).schema;
  const plans = flatPlans(stored, encoding);
  const codec = encoding.compression;
  if (plans === undefined || !isKnownCodec(codec)) return libraryForm(schema, encoding);
  const group = { codec, statistics: encoding.statistics };
  return {
    group: (batches, spare) => ({ flat: packRows(batches.map(flatBatch), plans, spare), plans, encoding: group }),
    footer: () => flatFooter(stored, plans),
    mostBytes: (rows) => ('flat' in rows ? mostBytes(rows.flat.bytes, plans) : Number.POSITIVE_INFINITY),
  };
}

/** Packing makes bytes more by a sixth at most; headers of pages and their levels are far smaller than the rest. */
const mostBytes = (bytes: number, plans: readonly ColumnPlan[]): number => bytes * 1.25 + plans.length * 4_096;

function libraryForm(schema: BatchSchema, { compression, statistics, dictionary }: Encoding): FileForm {
  const dictionaries = schema.fields.map((field) => [field.name as string, isWanted(field, dictionary)] as const);
  const rowsOf = (batch: Batch) => ({
    rows: batch.numRows,
    ipc: batchToIpc(withParquetDates(batch)) as Uint8Array<ArrayBuffer>,
    dictionaries,
    compression,
    statistics,
  });
  return {
    group: (batches) => ({ library: rowsOf(concatBatches(batches)) }),
    footer: (written) => (written?.footer === undefined ? libraryGroup(rowsOf(emptyBatch(schema))).footer : readThrift(written.footer)),
    mostBytes: () => Number.POSITIVE_INFINITY,
  };
}

/** A dictionary of measured numbers is built by the library, found too large and thrown away: writing takes three times as long. */
function isWanted({ name, type }: { name: string; type: DataType }, dictionary: Encoding['dictionary']): boolean {
  if (dictionary === 'auto' || dictionary === 'strings') return isText(type);
  return dictionary === 'all' || (dictionary !== 'none' && dictionary.includes(name));
}

const isText = (type: DataType): boolean =>
  type.typeId === Type.Utf8 || type.typeId === Type.LargeUtf8 || (DataTypes.isDictionary(type) && isText(type.dictionary));
