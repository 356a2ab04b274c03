import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { archive, parquet } from '../../../connectors/parquet/index.ts';
import { rowJson } from '../../../connectors/parquet/read/row-json.ts';
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
      for (let row = 0; row < batch.numRows; row++) rows.push(rowJson(batch, row));
    },
  });
  return rows;
}

const expected = (name: string) =>
  readFileSync(fixture(`${name}.rows.ndjson`), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

const names = ['numbers', 'times', 'texts', 'nested', 'plain-v1', 'int96', 'encodings', 'no-rows', 'duckdb'];

describe('files of pyarrow and DuckDB', () => {
  test.each(names)('%s: every value of every type', async (name) => {
    expect(await rowsOf(fixture(`${name}.parquet`))).toEqual(expected(name));
  });

  test('a file without columns has no rows to give', async () => {
    expect((await readAll(parquet(fixture('no-columns.parquet'), { decodeIn: 'caller' }) as never)).rows.length).toBe(0);
  });

  test.each(names.filter((name) => name !== 'no-rows'))('%s: archived and read again, every value', async (name) => {
    const sink = archive(`${folder}/${name}`).create();
    await sink.open('types');
    await sink.recover(undefined);
    await readAll(parquet(fixture(`${name}.parquet`), { decodeIn: 'caller' }) as never, {
      values: false,
      seen: ({ batch }) => sink.write(streamBatch(batch) as never),
    });
    await sink.prepare(1);
    await sink.commit(1);
    await sink.close();
    expect(await rowsOf(`${folder}/${name}`)).toEqual(expected(name));
  });
});
