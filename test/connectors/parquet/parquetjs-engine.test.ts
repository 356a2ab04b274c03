import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { parquet } from '../../../connectors/parquet/index.ts';
import { readAll } from './read-all.ts';
import { range, temporaryFolder } from './sample-files.ts';

interface ParquetJs {
  readonly ParquetSchema: new (columns: object) => object;
  readonly ParquetWriter: {
    openFile(
      schema: object,
      path: string,
    ): Promise<{ setRowGroupSize(rows: number): void; appendRow(row: object): Promise<void>; close(): Promise<void> }>;
  };
}

const { ParquetSchema, ParquetWriter } = createRequire(import.meta.url)('parquetjs') as ParquetJs;
const path = join(temporaryFolder(), 'by-parquetjs.parquet');
const START = 1_700_000_000_000;

beforeAll(async () => {
  const schema = new ParquetSchema({
    name: { type: 'UTF8', compression: 'SNAPPY' },
    at: { type: 'TIMESTAMP_MILLIS' },
    value: { type: 'DOUBLE', optional: true },
    count: { type: 'INT64', compression: 'GZIP' },
    ok: { type: 'BOOLEAN' },
  });
  const writer = await ParquetWriter.openFile(schema, path);
  writer.setRowGroupSize(40);
  for (const n of range(0, 100))
    await writer.appendRow({
      name: `row ${n}`,
      at: new Date(START + n),
      ...(n % 5 === 0 ? {} : { value: n / 2 }),
      count: n * 1e12,
      ok: n % 2 === 0,
    });
  await writer.close();
});

const expected = range(0, 100).map((n) => [`row ${n}`, START + n, n % 5 === 0 ? null : n / 2, BigInt(n * 1e12), n % 2 === 0]);
const read = (engine: 'parquetjs' | 'parquet-wasm', options = {}) =>
  readAll(parquet(path, { engine, decodeIn: 'caller' }) as never, options);

test('reads files that parquetjs wrote, from any row', async () => {
  expect((await read('parquetjs')).rows).toEqual(expected);
  const rest = await read('parquetjs', { position: { [path]: 57 } });
  expect(rest.rows).toEqual(expected.slice(57));
  expect((await readAll(parquet(path, { engine: 'parquetjs', columns: ['count'] }) as never)).rows).toEqual(
    expected.map((row) => [row[3]]),
  );
});

test('parquet-wasm reads them too', async () => {
  expect((await read('parquet-wasm')).rows).toEqual(expected);
});

test('says whose files it cannot read', async () => {
  const pyarrow = fileURLToPath(new URL('./fixtures/numbers.parquet', import.meta.url));
  await expect(readAll(parquet(pyarrow, { engine: 'parquetjs' }) as never)).rejects.toThrow(
    /numbers\.parquet': the engine parquetjs reads only files that parquetjs wrote, and this one was written by 'parquet-cpp-arrow/,
  );
});
