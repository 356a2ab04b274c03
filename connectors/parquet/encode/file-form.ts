import { type DataType, DataType as DataTypes, Type } from 'apache-arrow';
import { type Batch, batchToIpc, concatBatches, selectColumns } from '../../../columnar/index.ts';
import type { ThriftStruct } from '../format/thrift-value.ts';
import type { Encoding } from './encoding.ts';
import { flatBatch } from './flat-batch.ts';
import { flatFooter } from './flat-footer.ts';
import { flatPlans } from './flat-plan.ts';
import type { FlatRows, GroupRows } from './group-host.ts';
import { type LibraryRows, libraryGroup } from './library-group.ts';
import { packRows } from './pack-rows.ts';
import { type Codec, isKnownCodec } from './page-output.ts';
import { withParquetDates } from './parquet-dates.ts';

/** How the rows of one file are encoded, as its columns decide. */
export interface FileForm {
  /** Rows of batches as one row group; `spare` is memory that may be used for them. */
  group(batches: readonly Batch[], spare: ArrayBuffer | undefined): GroupRows;
  /** The footer of a file without row groups. */
  footer(): ThriftStruct;
  /** Bytes that a row group can have at most; Infinity where that is not known. */
  mostBytes(rows: GroupRows): number;
}

/** Flat columns are encoded by us, all others, and LZ4, by the library. `example`: a batch of the file's columns. */
export function fileForm(example: Batch, encoding: Encoding): FileForm {
  const none = withParquetDates(example.slice(0, 0) as Batch);
  const stored = none.schema;
  const names = stored.fields.map(({ name }) => name as string);
  const codec = encoding.compression;
  // Columns of one name could not be told apart.
  const isOurs = isKnownCodec(codec) && new Set(names).size === names.length;
  const plans = isOurs ? flatPlans(stored, encoding) : [];
  const ours = plans.map(({ name }) => name);
  const others = names.filter((name) => !ours.includes(name));
  const isAllOurs = isOurs && others.length === 0;
  const flatRows = (batches: readonly Batch[], spare: ArrayBuffer | undefined) => ({
    packed: packRows(
      batches.map((batch) => flatBatch(columnsOf(batch, ours))),
      plans,
      spare,
    ),
    plans,
    encoding: { codec: codec as Codec, statistics: encoding.statistics },
  });
  return {
    group: (batches, spare) => ({
      names,
      ...((isAllOurs || plans.length > 0) && { flat: flatRows(batches, spare) }),
      ...(!isAllOurs && { library: libraryRows(concatBatches(batches.map((batch) => columnsOf(batch, others))), encoding) }),
    }),
    footer: () => (isAllOurs ? flatFooter(none, plans) : libraryGroup(libraryRows(none, encoding)).footer),
    mostBytes: ({ flat, library }) => (flat === undefined || library !== undefined ? Number.POSITIVE_INFINITY : mostBytes(flat)),
  };
}

/** Packing makes bytes more by a sixth at most; headers of pages and their levels are far smaller than the rest. */
const mostBytes = ({ packed, plans }: FlatRows): number => packed.bytes * 1.25 + plans.length * 4_096;

const columnsOf = (batch: Batch, names: readonly string[]): Batch =>
  names.length === batch.schema.fields.length ? batch : (selectColumns(batch, names as never) as Batch);

function libraryRows(batch: Batch, { compression, statistics, dictionary }: Encoding): LibraryRows {
  return {
    rows: batch.numRows,
    ipc: batchToIpc(withParquetDates(batch)) as Uint8Array<ArrayBuffer>,
    dictionaries: batch.schema.fields.map((field) => [field.name as string, isWanted(field, dictionary)] as const),
    compression,
    statistics,
  };
}

/** A dictionary of measured numbers is built by the library, found too large and thrown away: writing takes three times as long. */
function isWanted({ name, type }: { name: string; type: DataType }, dictionary: Encoding['dictionary']): boolean {
  if (dictionary === 'auto' || dictionary === 'strings') return isText(type);
  return dictionary === 'all' || (dictionary !== 'none' && dictionary.includes(name));
}

const isText = (type: DataType): boolean =>
  type.typeId === Type.Utf8 || type.typeId === Type.LargeUtf8 || (DataTypes.isDictionary(type) && isText(type.dictionary));
