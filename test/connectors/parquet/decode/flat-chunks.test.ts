import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Data, type RecordBatch, Vector } from 'apache-arrow';
import fc from 'fast-check';
import { Compression, Table, WriterPropertiesBuilder, WriterVersion, writeParquet } from 'parquet-wasm/node';
import { describe, expect, test } from 'vitest';
import { batchToIpc } from '../../../../columnar/index.ts';
import { rowJson } from '../../../../connectors/parquet/read/row-json.ts';
import { Random } from '../../../../kernels/index.ts';
import { range, readingBatch } from '../sample-files.ts';
import { attempt, footerOf, libraryBatches, ownBatches, ownRows, randomBatch, randomFile } from './own-rows.ts';

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

  test('every kind of column with any nulls, in pages that end anywhere, however cut', () => {
    const shape = fc.record({
      seed: fc.integer({ min: 1 }),
      rows: fc.integer({ min: 1, max: 400 }),
      chunkRows: fc.integer({ min: 1, max: 150 }),
    });
    fc.assert(
      fc.property(shape, ({ seed, rows, chunkRows }) => {
        const random = new Random(seed);
        const batch = randomBatch(rows, random);
        const file = randomFile(batch, random);
        const expected = range(0, rows).map((row) => rowJson(batch, row));
        expect(ownRows(file)).toEqual(expected);
        expect(ownRows(file, { chunkRows })).toEqual(expected);
        const skip = seed % rows;
        expect(ownRows(file, { skip, chunkRows: seed % 2 === 0 ? chunkRows : rows })).toEqual(expected.slice(skip));
      }),
      { numRuns: 25 },
    );
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
        const library = attempt(() => libraryBatches(changed));
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
