import { join } from 'node:path';
import { Field, List, Schema, Utf8 } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boolean, category, float64, int32, int64, required, schema, timestamp, utf8 } from '../../../columnar/index.ts';
import { parquet } from '../../../connectors/parquet/index.ts';
import { readAll } from './read-all.ts';
import { range, readingBatch, readings, temporaryFolder, writeSample } from './sample-files.ts';

const folder = temporaryFolder();
const START = 1_700_000_000_000;
/** Three overlapping files: numbers by thirds, with equal event times across files, and one that begins later. */
const timeOf = (n: number) => START + Math.floor(n / 4) * 1_000;
const of = (rest: number, from = 0) => range(from, 600).filter((n) => n % 3 === rest);
writeSample(join(folder, 'merge', 'a.parquet'), readingBatch(of(0), timeOf), 50);
writeSample(join(folder, 'merge', 'b.parquet'), readingBatch(of(1), timeOf), 70);
writeSample(join(folder, 'merge', 'c.parquet'), readingBatch(of(2, 300), timeOf), 1_000);
const merged = () => parquet(join(folder, 'merge'), { schema: readings, decodeIn: 'caller' }) as never;

/** The order that the merge promises: event time, then file, then row. */
const expected = [...of(0), ...of(1), ...of(2, 300)]
  .map((n) => ({ n, time: timeOf(n), file: n % 3 }))
  .sort((left, right) => left.time - right.time || left.file - right.file || left.n - right.n)
  .map(({ n }) => BigInt(n));
const numbersOf = (rows: readonly unknown[][]) => rows.map((row) => row[3]);

describe('several files', () => {
  test('merge by event time, equal times in the order of the files', async () => {
    const read = await readAll(merged());
    expect(numbersOf(read.rows)).toEqual(expected);
    expect(read.offsets).toEqual([...read.offsets].sort((left, right) => left - right));
    expect(new Set(read.offsets).size).toBe(expected.length);
  });

  const strict = schema({ at: required(timestamp()), value: required(float64()), count: int64() }, { eventTime: 'at' });
  const filtered = { where: { count: { min: 100n, max: 480n } } };
  test.each([
    ['', { schema: readings }],
    [', with rows left out', { schema: strict }],
    [', with rows left out and others not wanted', { schema: strict, ...filtered }],
  ])('give the same rows, rejects and offsets when cut and resumed anywhere%s', async (_, options) => {
    const merged = () => parquet(join(folder, 'merge'), { ...options, decodeIn: 'caller' } as never) as never;
    const whole = await readAll(merged());
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 400 }),
        async (rows, stop) => {
          let turn = 0;
          const budget = () => ({ rows: rows[turn++ % rows.length] as number, bytes: 1e9 });
          const source = (merged() as ReturnType<typeof parquet>).create();
          await source.open(0, undefined);
          let position: Awaited<ReturnType<typeof readAll>>['position'];
          let seen = 0;
          while (seen < stop) {
            const batch = await source.next(budget());
            if (typeof batch === 'string') break;
            seen += batch.batch.numRows;
            position = batch.position;
          }
          await source.close();
          const before = await readAll(merged(), { until: position, budget });
          const after = await readAll(merged(), { position, budget });
          expect([...before.rows, ...after.rows]).toEqual(whole.rows);
          expect([...before.offsets, ...after.offsets]).toEqual(whole.offsets);
          const rejected = (read: typeof whole) => read.rejects.map(({ record }) => [record.offset, record.headers[1]?.value?.toString()]);
          expect([...rejected(before), ...rejected(after)]).toEqual(rejected(whole));
        },
      ),
      { numRuns: 15 },
    );
  });

  test('without event times follow one another', async () => {
    const plain = schema({ count: int64() });
    const read = await readAll(
      parquet([join(folder, 'merge/b.parquet'), join(folder, 'merge/a.parquet')], { schema: plain, decodeIn: 'caller' }) as never,
    );
    expect(read.rows.map(([count]) => count)).toEqual([...of(1), ...of(0)].map(BigInt));
  });

  test('a glob that matches nothing, a folder without files and a missing file are named', async () => {
    const read = (path: string) => readAll(parquet(path, { schema: readings }) as never);
    await expect(read(join(folder, 'merge/*.nothing'))).rejects.toThrow('no file matches it');
    await expect(read(join(folder, 'merge/absent.parquet'))).rejects.toThrow(
      `cannot read '${join(folder, 'merge/absent.parquet')}': there is no such file`,
    );
  });

  test('columns may be added, missing or widened between files; incompatible ones are refused by file and column', async () => {
    const narrow = schema({ at: required(timestamp()), count: int32() });
    const files = [join(folder, 'merge/a.parquet'), join(folder, 'merge/c.parquet')];
    await expect(readAll(parquet(files, { schema: narrow }) as never)).rejects.toThrow(
      `'${files[0]}', column 'count': expected Int32, found Int64`,
    );
    const wide = schema({ at: required(timestamp()), count: float64(), humidity: float64() }, { eventTime: 'at' });
    const read = await readAll(parquet(files, { schema: wide, decodeIn: 'caller' }) as never);
    expect(read.rows[1]).toEqual([START, 3, null]);
    const nested = new Schema([...wide.fields, new Field('tags', new List(new Field('item', new Utf8(), true)), true)]);
    const lists = await readAll(parquet(files, { schema: nested as never, eventTime: 'at' as never, decodeIn: 'caller' }) as never);
    expect(lists.rows[1]).toEqual([START, 3, null, null]);
    const strict = schema({ at: required(timestamp()), humidity: required(float64()) });
    await expect(readAll(parquet(files, { schema: strict }) as never)).rejects.toThrow(`'${files[0]}' has no column 'humidity'`);
  });

  test('a null in a required column is rejected with its row, and counted', async () => {
    const strict = schema({ at: required(timestamp()), value: required(float64()) }, { eventTime: 'at' });
    const file = join(folder, 'merge/a.parquet');
    const read = await readAll(parquet(file, { schema: strict, decodeIn: 'caller' }) as never, {
      budget: () => ({ rows: 13, bytes: 1e9 }),
    });
    const rejected = of(0).filter((n) => n % 7 === 3);
    expect(read.rejects.map((reject) => reject.record.offset)).toEqual(rejected.map((n) => n / 3));
    expect(read.rejects[0]).toMatchObject({ source: file, reason: "column 'value' is null but required" });
    expect(new TextDecoder().decode(read.rejects[0]?.record.value ?? undefined)).toBe('{"at":"2023-11-14T22:13:20.000Z","value":null}');
    expect(read.records).toBe(200);
    expect(read.rows.length).toBe(200 - rejected.length);
  });
});

describe('Hive partitions', () => {
  for (const [year, month] of [
    [2023, '11'],
    [2023, '12'],
    [2024, '01'],
  ] as const) {
    const numbers = range(0, 30).map((n) => (year - 2023) * 1_000 + Number(month) * 50 + n);
    writeSample(join(folder, 'hive', `year=${year}`, `month=${month}`, 'part-0.parquet'), readingBatch(numbers), 10);
  }
  writeSample(join(folder, 'hive', '_temporary', 'part-9.parquet'), readingBatch([1]));

  test('become columns, of the type that the schema asks for', async () => {
    const typed = schema({ count: int64(), year: int32(), month: category() });
    const read = await readAll(parquet(join(folder, 'hive'), { schema: typed, decodeIn: 'caller' }) as never);
    expect(read.rows.length).toBe(90);
    expect(read.rows[0]).toEqual([550n, 2023, '11']);
    expect(read.rows[89]).toEqual([1_079n, 2024, '01']);
    const untyped = parquet(join(folder, 'hive'));
    expect(untyped.schema.fields.slice(-2).map(String)).toEqual(['year: Dictionary<Int32, Utf8>', 'month: Dictionary<Int32, Utf8>']);
    const wrong = schema({ count: int64(), month: required(boolean()) });
    await expect(readAll(parquet(`${folder}/hive/**/*.parquet`, { schema: wrong }) as never)).rejects.toThrow(
      "column 'month': expected Bool, found '11' in the folder's name",
    );
  });

  test('prune whole files, also when the filter names a column that is not read', async () => {
    const counts = schema({ count: int64() });
    const read = await readAll(
      parquet(join(folder, 'hive'), { schema: counts, where: { year: { oneOf: ['2024'] } }, decodeIn: 'caller' }) as never,
    );
    expect(read.rows.map(([count]) => count)).toEqual(range(1_050, 1_080).map(BigInt));
  });

  test('are typed: exactly or not at all, null and escaped text too', async () => {
    const fileOf = (value: string) => writeSample(join(folder, 'typed', `p=${value}`, 'part-0.parquet'), readingBatch([1]));
    const read = async (value: string, type: ReturnType<typeof int64>) =>
      (await readAll(parquet(fileOf(value), { schema: schema({ p: type as never }), decodeIn: 'caller' }) as never)).rows[0]?.[0];
    expect(await read('9007199254740993', int64())).toBe(9_007_199_254_740_993n);
    expect(await read('-7', int32() as never)).toBe(-7);
    expect(await read('1.5', float64() as never)).toBe(1.5);
    expect(await read('2024-02-29', timestamp() as never)).toBe(Date.UTC(2024, 1, 29));
    expect(await read('a%2Fb%3D%25', utf8() as never)).toBe('a/b=%');
    expect(await read('100%', utf8() as never)).toBe('100%');
    for (const type of [int64(), int32(), float64(), timestamp(), utf8(), category()])
      expect(await read('__HIVE_DEFAULT_PARTITION__', type as never)).toBeNull();
    for (const [value, type] of [
      ['1e3', int64()],
      ['0x10', int32()],
      ['2147483648', int32()],
      ['1.5', int64()],
      ['', float64()],
      ['soon', timestamp()],
    ] as const)
      await expect(read(value, type as never)).rejects.toMatchObject({
        code: 'SCHEMA_MISMATCH',
        message: expect.stringContaining(`found '${value}' in the folder's name`),
      });
    const chosen = (oneOf: bigint) =>
      readAll(parquet(join(folder, 'typed'), { schema: schema({ p: int64() }), where: { p: { oneOf: [oneOf] } } }) as never);
    await expect(chosen(1n)).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
  });
});
