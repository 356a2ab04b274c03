import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { batchToIpc, emptyBatch, schema, utf8 } from '../../../columnar/index.ts';
import { convert, inspectionText, inspectParquet, parquet } from '../../../connectors/parquet/index.ts';
import { readAll } from './read-all.ts';
import { range, readingBatch, readings, temporaryFolder, writeSample } from './sample-files.ts';

const folder = temporaryFolder();
const original = writeSample(join(folder, 'original.parquet'), readingBatch(range(0, 300)), 120);
const rowsOf = async (path: string) => (await readAll(parquet(path, { schema: readings, decodeIn: 'caller' }) as never)).rows;
const at = (name: string) => join(folder, name);

describe('convert', () => {
  test.each(['csv', 'ndjson', 'arrow', 'arrows', 'parquet'])('to %s and back keeps every value', async (ending) => {
    expect(await convert(original, at(`copy.${ending}`))).toBe(300);
    expect(await convert(at(`copy.${ending}`), at(`back-from-${ending}.parquet`), { schema: readings })).toBe(300);
    expect(await rowsOf(at(`back-from-${ending}.parquet`))).toEqual(await rowsOf(original));
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('without a schema, types are inferred', async () => {
    writeFileSync(at('inferred.csv'), 'at,name,value\n2024-03-01T00:00:00Z,a,1.5\n2024-03-01T00:00:01Z,b,\n');
    await convert(at('inferred.csv'), at('inferred.parquet'));
    expect((await readAll(parquet(at('inferred.parquet'), { decodeIn: 'caller' }) as never)).rows).toEqual([
      [Date.UTC(2024, 2, 1), 'a', 1.5],
      [Date.UTC(2024, 2, 1, 0, 0, 1), 'b', null],
    ]);
    await convert(at('inferred.parquet'), at('inferred.ndjson'));
    expect(await convert(at('inferred.ndjson'), at('inferred-again.parquet'))).toBe(2);
  });

  test('CSV begins with names; NDJSON holds every type', async () => {
    await convert(original, at('named.csv'), { columns: ['at', 'value'] });
    expect(readFileSync(at('named.csv'), 'utf8').split('\n').slice(0, 2)).toEqual(['at,value', '2023-11-14T22:13:20.000Z,0']);
    const nested = fileURLToPath(new URL('./fixtures/nested.parquet', import.meta.url));
    await convert(nested, at('nested.ndjson'));
    expect(readFileSync(at('nested.ndjson'), 'utf8')).toBe(readFileSync(nested.replace('.parquet', '.rows.ndjson'), 'utf8'));
    await convert(nested, at('nested.csv'));
    expect(readFileSync(at('nested.csv'), 'utf8').split('\n')[1]).toMatch(/^"?\[1,null\]"?,/);
  });

  test('a file without rows keeps its columns', async () => {
    const empty = fileURLToPath(new URL('./fixtures/no-rows.parquet', import.meta.url));
    for (const name of ['empty.parquet', 'empty.arrow']) expect(await convert(empty, at(name), { columns: ['i64', 'f64'] })).toBe(0);
    await convert(at('empty.arrow'), at('again.parquet'));
    expect(parquet(at('again.parquet')).schema.fields.map(String)).toEqual(['i64: Int64', 'f64: Float64']);
  });

  test('quoted line ends stay within their field', async () => {
    writeFileSync(at('quoted.csv'), 'name,note\r\n"a ""b""","two\r\nlines"\r\nc,\r\n');
    const columns = schema({ name: utf8(), note: utf8() });
    await convert(at('quoted.csv'), at('quoted.parquet'), { schema: columns });
    expect((await readAll(parquet(at('quoted.parquet'), { decodeIn: 'caller' }) as never)).rows).toEqual([
      ['a "b"', 'two\r\nlines'],
      ['c', null],
    ]);
  });

  test('what cannot be converted is told, and leaves no file', async () => {
    writeFileSync(at('broken.ndjson'), '{"sensor":"a","at":1,"value":2,"count":3}\n{"sensor":"a","at":"never"}\n');
    await expect(convert(at('broken.ndjson'), at('broken.parquet'), { schema: readings })).rejects.toThrow(
      /broken\.ndjson', record at 42: /,
    );
    expect(existsSync(at('broken.parquet'))).toBe(false);
    writeFileSync(at('prose.csv'), 'There are no columns in here\n');
    await expect(convert(at('prose.csv'), at('x.parquet'))).rejects.toThrow('its columns cannot be inferred');
    await expect(convert(original, at('x.xlsx'))).rejects.toThrow('no known ending');
    writeFileSync(at('foreign.arrow'), 'no arrow');
    await expect(convert(at('foreign.arrow'), at('x.parquet'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await expect(convert(at('absent.csv'), at('x.parquet'), { schema: readings })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});

describe('inspect', () => {
  test('shows schema, row groups, statistics, codec and the first rows', async () => {
    const file = await inspectParquet(original, { preview: 2 });
    expect(file).toMatchObject({
      rows: 300,
      schema: ['sensor: Dictionary<Int32, Utf8>?', 'at: Timestamp<MILLISECOND, UTC>', 'value: Float64?', 'count: Int64?'],
    });
    expect(file.rowGroups.map(({ rows }) => rows)).toEqual([120, 120, 60]);
    expect(file.columns.map(({ path, codec, nullCount, minimum, maximum }) => [path, codec, nullCount, minimum, maximum])).toEqual([
      ['sensor', 'snappy', 0, 'east', undefined],
      ['at', 'snappy', 0, 1_700_000_000_000, 1_700_000_299_000],
      ['value', 'snappy', 43, 0, 74.75],
      ['count', 'snappy', 0, 0, 299],
    ]);
    expect(file.preview).toEqual([
      '{"sensor":"north","at":"2023-11-14T22:13:20.000Z","value":0,"count":0}',
      '{"sensor":"süd","at":"2023-11-14T22:13:21.000Z","value":0.25,"count":1}',
    ]);
    expect(inspectionText(file)).toContain('value: snappy');
    expect(inspectionText(await inspectParquet(fileURLToPath(new URL('./fixtures/no-columns.parquet', import.meta.url))))).toContain(
      '0 rows',
    );
  });
});

test('an Arrow stream that is cut off is refused, not taken for a shorter one', async () => {
  await convert(original, at('whole.arrows'));
  const whole = readFileSync(at('whole.arrows'));
  for (const share of [0.01, 0.3, 0.9]) {
    writeFileSync(at('cut.arrows'), whole.subarray(0, Math.floor(whole.length * share)));
    await expect(convert(at('cut.arrows'), at('cut.ndjson'))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('truncated'),
    });
    expect(existsSync(at('cut.ndjson'))).toBe(false);
  }
});

test('no rows of nested columns make a file of every kind', async () => {
  const exact = fileURLToPath(new URL('./fixtures/exact.parquet', import.meta.url));
  writeFileSync(at('none.arrows'), batchToIpc(emptyBatch(parquet(exact).schema)));
  for (const name of ['none.parquet', 'none.csv', 'none.ndjson', 'none.arrow']) expect(await convert(at('none.arrows'), at(name))).toBe(0);
  const names = parquet(exact).schema.fields.map(({ name }) => name);
  expect(parquet(at('none.parquet')).schema.fields.map(({ name }) => name)).toEqual(names);
  expect(readFileSync(at('none.csv'), 'utf8')).toBe(`${names.join(',')}\n`);
});
