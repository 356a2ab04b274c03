import { type Field, type RecordBatch, RecordBatchReader } from 'apache-arrow';
import { Compression, readParquet, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm/node';
import {
  type Batch,
  batchToIpc,
  boolean,
  booleanData,
  category,
  categoryData,
  float32,
  float32Data,
  float64,
  float64Data,
  int32,
  int32Data,
  makeBatch,
  required,
  schema,
  timestamp,
  timestampData,
  utf8,
  utf8Data,
  ValidityBuilder,
} from '../../../../columnar/index.ts';
import { flatChunks } from '../../../../connectors/parquet/decode/flat-chunks.ts';
import { flatColumns } from '../../../../connectors/parquet/decode/flat-column.ts';
import { PageMemory } from '../../../../connectors/parquet/decode/page-memory.ts';
import { Scratch } from '../../../../connectors/parquet/decode/unpack-page.ts';
import { type Footer, parseFooter } from '../../../../connectors/parquet/format/footer.ts';
import { arrowSchema } from '../../../../connectors/parquet/read/arrow-schema.ts';
import { blockBatch } from '../../../../connectors/parquet/read/block-batch.ts';
import { columnForms } from '../../../../connectors/parquet/read/column-forms.ts';
import { rowJson } from '../../../../connectors/parquet/read/row-json.ts';
import { pageProgram, type Random } from '../../../../kernels/index.ts';

export interface Cut {
  readonly chunkRows?: number;
  readonly skip?: number;
  readonly once?: boolean;
}

export function footerOf(bytes: Uint8Array): Footer {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true);
  return parseFooter('memory', bytes.subarray(bytes.length - 8 - length, bytes.length - 8), bytes.length);
}

/** Batches of those columns of a file that our decoder takes, by it alone. */
export function ownBatches(bytes: Uint8Array, { chunkRows, skip = 0, once = false }: Cut = {}, footer = footerOf(bytes)): RecordBatch[] {
  const groups = footer.thrift.structs(4);
  const flatOf = (fields: readonly Field[], rowGroup: number) =>
    flatColumns(
      groups[rowGroup] as never,
      fields.map(({ name }) => name),
      columnForms(footer, fields),
    );
  const fields = arrowSchema(footer).fields.filter((field) => flatOf([field], 0) !== undefined);
  return footer.rowGroups.flatMap(({ rows }, rowGroup) => {
    const read = (into: Uint8Array, position: number) => {
      if (position + into.length > bytes.length) throw new RangeError('the file ends within it');
      into.set(bytes.subarray(position, position + into.length));
    };
    const cut = { skip, rows, chunkRows: chunkRows ?? rows, once };
    return Array.from(flatChunks(read, flatOf(fields, rowGroup) ?? [], cut, new Scratch(new PageMemory(pageProgram()))), (columns) =>
      blockBatch({ columns }, fields),
    );
  });
}

const rowsOf = (batches: readonly RecordBatch[]): string[] =>
  batches.flatMap((batch) => Array.from({ length: batch.numRows }, (_, row) => rowJson(batch, row)));

export const ownRows = (...parameters: Parameters<typeof ownBatches>): string[] => rowsOf(ownBatches(...parameters));

export const libraryBatches = (bytes: Uint8Array): RecordBatch[] => [...RecordBatchReader.from(readParquet(bytes).intoIPCStream())];

const everyKind = schema({
  at: required(timestamp()),
  sensor: category(),
  note: utf8(),
  value: float64(),
  small: float32(),
  count: int32(),
  ok: boolean(),
});

/** Rows of every flat type, with runs of equal values and of nulls, or none. */
export function randomBatch(rows: number, random: Random): Batch {
  const below = (limit: number) => random.integer(limit);
  const nulls = () => {
    const validity = new ValidityBuilder(rows);
    const share = [0, 0, 0.02, 0.5, 1][below(5)] as number;
    for (let row = 0; row < rows; row++) {
      const run = random.uniform() < share ? Math.min(rows - row, 1 + below(20)) : 0;
      for (let i = 0; i < run; i++) validity.setNull(row + i);
      row += run;
    }
    return validity;
  };
  const numbers = (kinds: number) => {
    let last = 0;
    return Array.from({ length: rows }, () => {
      last = random.uniform() < 0.3 ? last : below(kinds);
      return last;
    });
  };
  const kinds = () => [1, 2, 7, 300, 100_000][below(5)] as number;
  const words = ['', 'a', 'süd', 'a string of more than twenty-four bytes', 'north', 'east'];
  return makeBatch(everyKind, [
    timestampData(numbers(kinds()).map((n, row) => 1_700_000_000_000 + row * 5 + (n % 5))),
    categoryData(
      Int32Array.from(numbers(words.length)),
      words.map((word) => `${word}!`),
      nulls(),
    ),
    utf8Data(numbers(words.length + 1).map((n) => words[n] ?? null)),
    float64Data(
      Float64Array.from(numbers(kinds()), (n) => n / 8),
      nulls(),
    ),
    float32Data(
      Float32Array.from(numbers(kinds()), (n) => n / 8),
      nulls(),
    ),
    int32Data(Int32Array.from(numbers(kinds())), nulls()),
    booleanData(
      numbers(2).map((n) => n === 1),
      nulls(),
    ),
  ]);
}

const CODECS = [Compression.UNCOMPRESSED, Compression.SNAPPY, Compression.SNAPPY, Compression.ZSTD];

/** A file of one row group whose pages end anywhere, by the library. */
export function randomFile(batch: Batch, random: Random): Uint8Array {
  const below = (limit: number) => random.integer(limit);
  const properties = new WriterPropertiesBuilder()
    .setCompression(CODECS[below(CODECS.length)] as Compression)
    .setDictionaryEnabled(random.uniform() < 0.7)
    // Codes of strings that the file keeps plain are left to the library.
    .setColumnDictionaryEnabled('sensor', true)
    .setDictionaryPageSizeLimit(below(2) === 0 ? 1 << 20 : 256 + below(4_000))
    .setDataPageSizeLimit(20 + below(600))
    .setWriteBatchSize(1 + below(60));
  return writeParquet(Table.fromIPCStream(batchToIpc(batch)), properties.build());
}

/** Undefined for bytes that are refused: by RangeErrors of ours, or any error of the library. */
export function attempt<R>(work: () => R): R | undefined {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof RangeError || String(thrown).includes('Parquet') || String(thrown).includes('unreachable')) return undefined;
    throw thrown;
  }
}
