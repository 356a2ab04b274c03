import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Data, type Field, type RecordBatch, RecordBatchReader, Vector } from 'apache-arrow';
import fc from 'fast-check';
import { Compression, readParquet, Table, WriterPropertiesBuilder, WriterVersion, writeParquet } from 'parquet-wasm/node';
import { describe, expect, test } from 'vitest';
import { batchToIpc } from '../../../../columnar/index.ts';
import { flatChunks, flatColumns } from '../../../../connectors/parquet/decode/flat-chunks.ts';
import { type Footer, parseFooter } from '../../../../connectors/parquet/format/footer.ts';
import { arrowSchema } from '../../../../connectors/parquet/read/arrow-schema.ts';
import { blockBatch } from '../../../../connectors/parquet/read/block-batch.ts';
import { columnForms } from '../../../../connectors/parquet/read/column-forms.ts';
import { rowJson } from '../../../../connectors/parquet/read/row-json.ts';
import { range, readingBatch } from '../sample-files.ts';

interface Cut {
  readonly chunkRows?: number;
  readonly skip?: number;
}

function footerOf(bytes: Uint8Array): Footer {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true);
  return parseFooter('memory', bytes.subarray(bytes.length - 8 - length, bytes.length - 8), bytes.length);
}

/** Batches of those columns of a file that our decoder takes, by it alone. */
function ownBatches(bytes: Uint8Array, { chunkRows, skip = 0 }: Cut = {}, footer = footerOf(bytes)): RecordBatch[] {
  const groups = footer.thrift.structs(4);
  const requestOf = (fields: readonly Field[], rowGroup: number, rows: number) => ({
    ...{ rowGroup, columns: fields.map(({ name }) => name as string), forms: columnForms(footer, fields) },
    ...{ skip, rows, chunkRows: chunkRows ?? rows },
  });
  const fields = arrowSchema(footer).fields.filter((field) => flatColumns(groups[0] as never, requestOf([field], 0, 0)) !== undefined);
  return footer.rowGroups.flatMap(({ rows }, rowGroup) => {
    const request = requestOf(fields, rowGroup, rows);
    const read = (into: Uint8Array, position: number) => {
      if (position + into.length > bytes.length) throw new RangeError('the file ends within it');
      into.set(bytes.subarray(position, position + into.length));
    };
    const flat = flatColumns(groups[rowGroup] as never, request) ?? [];
    return Array.from(flatChunks(read, flat, request), (columns) => blockBatch({ columns }, fields));
  });
}

const ownRows = (...parameters: Parameters<typeof ownBatches>): string[] =>
  ownBatches(...parameters).flatMap((batch) => Array.from({ length: batch.numRows }, (_, row) => rowJson(batch, row)));

const fixture = (name: string) => readFileSync(join(import.meta.dirname, '..', 'fixtures', name));

/** What pyarrow tells of the same rows, cut down to the columns that we decode. */
function expectedRows(name: string, columns: readonly string[]): string[] {
  const lines = fixture(`${name}.rows.ndjson`).toString().trimEnd().split('\n');
  return lines.map((line) => JSON.stringify(columns.map((column) => (JSON.parse(line) as Record<string, unknown>)[column])));
}

describe('flat columns', () => {
  test.each(['numbers', 'times', 'texts', 'plain-v1', 'duckdb'])('%s: as pyarrow tells them, however cut', (name) => {
    const bytes = fixture(`${name}.parquet`);
    const rows = ownRows(bytes);
    const columns = Object.keys(JSON.parse(rows[0] as string) as object);
    expect(rows.map((row) => JSON.stringify(columns.map((column) => (JSON.parse(row) as Record<string, unknown>)[column])))).toEqual(
      expectedRows(name, columns),
    );
    for (const chunkRows of [1, 3, 7]) expect(ownRows(bytes, { chunkRows })).toEqual(rows);
    if (footerOf(bytes).rowGroups.length === 1) {
      expect(ownRows(bytes, { skip: 1 })).toEqual(rows.slice(1));
      expect(ownRows(bytes, { skip: 2, chunkRows: 2 })).toEqual(rows.slice(2));
    }
  });

  const codecs = [Compression.UNCOMPRESSED, Compression.SNAPPY, Compression.ZSTD, Compression.GZIP, Compression.BROTLI];
  test('every codec and both versions of pages, with pages that end anywhere and dictionaries that are given up', () => {
    const batch = readingBatch(range(0, 700));
    for (const codec of codecs) {
      for (const version of [WriterVersion.V1, WriterVersion.V2]) {
        const properties = new WriterPropertiesBuilder().setCompression(codec).setWriterVersion(version).setDataPageSizeLimit(300);
        const file = writeParquet(Table.fromIPCStream(batchToIpc(batch)), properties.setWriteBatchSize(64).build());
        // Version 2 packs integers by differences, which is left to the library.
        if (version === WriterVersion.V2) continue;
        const rows = ownRows(file);
        expect(rows).toEqual(range(0, 700).map((row) => rowJson(batch, row)));
        expect(ownRows(file, { chunkRows: 111 })).toEqual(rows);
      }
    }
  });

  test('bytes that were changed are refused, or give the rows that the library gives', () => {
    const properties = new WriterPropertiesBuilder().setCompression(Compression.SNAPPY).setDataPageSizeLimit(400).setWriteBatchSize(32);
    const file = writeParquet(Table.fromIPCStream(batchToIpc(readingBatch(range(0, 200)))), properties.build());
    const footer = footerOf(file);
    const end = file.length - 8 - new DataView(file.buffer, file.byteOffset).getUint32(file.length - 8, true);
    let refused = 0;
    let compared = 0;
    const changes = fc.tuple(fc.integer({ min: 4, max: end - 1 }), fc.integer({ min: 1, max: 255 }), fc.integer({ min: 1, max: 8 }));
    fc.assert(
      fc.property(changes, ([at, bits, length]) => {
        const changed = file.slice();
        for (let i = at; i < Math.min(end, at + length); i++) changed[i] = (changed[i] as number) ^ bits;
        const own = attempt(() => ownBatches(changed, {}, footer));
        if (own === undefined) {
          refused++;
          return;
        }
        expect(own.map(({ numRows }) => numRows)).toEqual([200]);
        const library = attempt(() => [...RecordBatchReader.from(readParquet(changed).intoIPCStream())]);
        if (library === undefined) return;
        compared++;
        for (const column of range(0, 4)) expect(valuesOf(own, column)).toEqual(valuesOf(library, column));
      }),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(50);
    expect(compared).toBeGreaterThan(20);
  });
});

/** Undefined for bytes that are refused: by RangeErrors of ours, or any error of the library. */
function attempt<R>(work: () => R): R | undefined {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof RangeError || String(thrown).includes('Parquet') || String(thrown).includes('unreachable')) return undefined;
    throw thrown;
  }
}

/** Values of a column, 64-bit ones as their words: changed bytes are not always instants. */
function valuesOf(batches: readonly RecordBatch[], column: number): unknown[] {
  return batches.flatMap((batch) => {
    const data = batch.data.children[column] as Data;
    const values = data.values as BigInt64Array | Int32Array;
    const isText = data.dictionary !== null && data.dictionary !== undefined;
    const vector = new Vector([data]);
    return Array.from({ length: data.length }, (_, row) =>
      !data.getValid(row) ? null : isText ? String(vector.get(row)) : String(values[row]),
    );
  });
}
