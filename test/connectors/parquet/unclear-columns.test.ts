import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Data, Field, Int32, Interval, IntervalUnit, Schema } from 'apache-arrow';
import { Table, writeParquet } from 'parquet-wasm/node';
import { describe, expect, test } from 'vitest';
import { batchToIpc, int32Data, makeBatch } from '../../../columnar/index.ts';
import { inspectionText, inspectParquet, parquet } from '../../../connectors/parquet/index.ts';
import { readAll } from './read-all.ts';
import { temporaryFolder } from './sample-files.ts';

const folder = temporaryFolder();

function fileOf(name: string, fields: readonly Field[], columns: readonly Data[]): string {
  const path = join(folder, `${name}.parquet`);
  const batch = makeBatch(new Schema([...fields]), [...columns]);
  writeFileSync(path, writeParquet(Table.fromIPCStream(batchToIpc(batch))));
  return path;
}

const int = (name: string) => new Field(name, new Int32(), true);
const twins = fileOf(
  'twins',
  [int('a'), int('x'), int('x')],
  [1, 2, 3].map((n) => int32Data(Int32Array.of(n))),
);
const interval = new Interval(IntervalUnit.DAY_TIME);
const spans = fileOf(
  'spans',
  [int('a'), new Field('span', interval, true)],
  [int32Data(Int32Array.of(1)), new Data(interval, 0, 1, 0, [undefined, Int32Array.of(2, 3_000)] as never)],
);

describe('columns that cannot be told, or kept', () => {
  test.each([
    [twins, 'x', 'there are 2 columns of this name'],
    [spans, 'span', 'an interval of months, days and milliseconds, which Arrow has no type for'],
  ])('%s is refused by column; the others are read', async (path, column, reason) => {
    await expect(readAll(parquet(path, { decodeIn: 'caller' }) as never)).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      message: `'${path}', column '${column}': ${reason}`,
    });
    expect((await readAll(parquet(path, { columns: ['a'], decodeIn: 'caller' }) as never)).rows).toEqual([[1]]);
  });

  test('inspect shows what the footer tells, and why no rows', async () => {
    const found = await inspectParquet(twins);
    expect(found).toMatchObject({ rows: 1, schema: ['a: Int32?', 'x: Int32?', 'x: Int32?'], preview: [] });
    expect(inspectionText(found)).toContain(`no rows can be shown: SCHEMA_MISMATCH: '${twins}', column 'x'`);
  });
});
