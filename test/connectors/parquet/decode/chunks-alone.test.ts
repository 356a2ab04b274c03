import { readFileSync } from 'node:fs';
import { Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm/node';
import { expect, test } from 'vitest';
import { batchToIpc } from '../../../../columnar/index.ts';
import { range, readingBatch } from '../sample-files.ts';
import { footerOf, ownRows } from './own-rows.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}.parquet`, import.meta.url));

/** A chunk at a time, each by a reader of its own, that has to find its rows. */
function rowsAlone(bytes: Uint8Array, chunkRows: number): string[] {
  const { rows } = footerOf(bytes);
  return range(0, Math.ceil(rows / chunkRows)).flatMap((chunk) => ownRows(bytes, { chunkRows, skip: chunk * chunkRows, once: true }));
}

test.each(['numbers', 'times', 'texts', 'duckdb', 'plain-v1'])('%s: chunks that are read alone make up the row group', (name) => {
  const bytes = fixture(name);
  for (const chunkRows of [1, 3, 7]) expect(rowsAlone(bytes, chunkRows)).toEqual(ownRows(bytes));
});

test('chunks that begin within pages, at their ends and many pages on', () => {
  const properties = new WriterPropertiesBuilder().setDataPageSizeLimit(400).setWriteBatchSize(50).build();
  const bytes = writeParquet(Table.fromIPCStream(batchToIpc(readingBatch(range(0, 3_000)))), properties);
  const whole = ownRows(bytes);
  for (const chunkRows of [50, 64, 701, 2_999]) expect(rowsAlone(bytes, chunkRows)).toEqual(whole);
  // One that begins within a chunk ends with it.
  expect(ownRows(bytes, { chunkRows: 700, skip: 1_000, once: true })).toEqual(whole.slice(1_000, 1_400));
  expect(ownRows(bytes, { chunkRows: 700, skip: 1_000 })).toEqual(whole.slice(1_000));
});
