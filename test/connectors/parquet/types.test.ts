import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Batch, takeRows } from '../../../columnar/index.ts';
import { archive, parquet } from '../../../connectors/parquet/index.ts';
import { rowWriter } from '../../../connectors/parquet/read/row-json.ts';
import { streamBatch } from '../../../streams/index.ts';
import { readAll } from './read-all.ts';
import { temporaryFolder } from './sample-files.ts';

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const folder = temporaryFolder();

/** Rows as text, and the batch they were read as. */
async function rowsOf(path: string): Promise<string[]> {
  const rows: string[] = [];
  await readAll(parquet(path, { decodeIn: 'caller' }) as never, {
    values: false,
    seen: ({ batch }) => {
      const text = rowWriter(batch);
      for (let row = 0; row < batch.numRows; row++) rows.push(text(row));
    },
  });
  return rows;
}

const expected = (name: string) =>
  readFileSync(fixture(`${name}.rows.ndjson`), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

const names = ['numbers', 'times', 'texts', 'nested', 'exact', 'plain-v1', 'int96', 'encodings', 'no-rows', 'duckdb'];

describe('files of pyarrow and DuckDB', () => {
  test.each(names)('%s: every value of every type', async (name) => {
    expect(await rowsOf(fixture(`${name}.parquet`))).toEqual(expected(name));
  });

  test('a file without columns has no rows to give', async () => {
    expect((await readAll(parquet(fixture('no-columns.parquet'), { decodeIn: 'caller' }) as never)).rows.length).toBe(0);
  });

  test.each(names)('%s: every value of rows that are taken out of order', async (name) => {
    const { rows, order } = { rows: expected(name), order: expected(name).map((_, row, all) => (row * 7) % all.length) };
    const taken: string[] = [];
    await readAll(parquet(fixture(`${name}.parquet`), { decodeIn: 'caller' }) as never, {
      values: false,
      seen: ({ batch }) => {
        const text = rowWriter(takeRows(batch as Batch, Int32Array.from(order)));
        for (let row = 0; row < order.length; row++) taken.push(text(row));
      },
    });
    expect(taken).toEqual(order.map((row) => rows[row]));
  });

  test.each(names.filter((name) => name !== 'no-rows'))('%s: archived and read again, every value', async (name) => {
    const sink = archive(`${folder}/${name}`).create();
    await sink.open('types');
    await sink.recover(undefined);
    await readAll(parquet(fixture(`${name}.parquet`), { decodeIn: 'caller' }) as never, {
      values: false,
      // A few rows at a time, so that they have to be joined.
      budget: () => ({ rows: 3, bytes: 1e9 }),
      seen: ({ batch }) => sink.write(streamBatch(batch) as never),
    });
    await sink.prepare(1);
    await sink.commit(1);
    await sink.close();
    expect(await rowsOf(`${folder}/${name}`)).toEqual(expected(name));
  });
});
