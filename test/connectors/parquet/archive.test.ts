import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Int64, makeData, Schema } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Batch, int64, makeBatch, numbersToInt64, rolesOf, schema, selectColumns, utf8, utf8Data } from '../../../columnar/index.ts';
import type { Sink } from '../../../connectors/contract/index.ts';
import { readFooter } from '../../../connectors/parquet/format/footer.ts';
import { type ArchiveOptions, archive, parquet } from '../../../connectors/parquet/index.ts';
import { streamBatch } from '../../../streams/index.ts';
import { archivedRows, lateBatch, lateTime } from './archived-rows.ts';
import { readAll } from './read-all.ts';
import { range, readingBatch, readings, temporaryFolder } from './sample-files.ts';

const base = temporaryFolder();
let folders = 0;
const freshFolder = () => join(base, `archive-${folders++}`);

async function started(folder: string, options: ArchiveOptions, epoch?: number): Promise<Sink<never>> {
  const sink = archive(folder, options).create() as Sink<never>;
  await sink.open('task-0');
  await sink.recover(epoch);
  return sink;
}

async function commit(sink: Sink<never>, epoch: number, numbers: readonly number[]): Promise<void> {
  if (numbers.length > 0) sink.write(lateBatch(numbers) as never);
  await sink.prepare(epoch);
  await sink.commit(epoch);
}

const contents = async (folder: string) =>
  Object.fromEntries(Object.entries(await archivedRows(folder, 'count')).map(([name, values]) => [name, values.map(Number)]));

describe('archive', () => {
  test('rolls by rows, in row groups, with names in order; values survive', async () => {
    const folder = freshFolder();
    const sink = await started(folder, { roll: { rows: 100 }, rowGroupRows: 40 });
    await commit(sink, 1, range(0, 250));
    expect(await contents(folder)).toEqual({ 'task-0-00000000.parquet': range(0, 100), 'task-0-00000001.parquet': range(100, 200) });
    await sink.close();
    expect((await contents(folder))['task-0-00000002.parquet']).toEqual(range(200, 250));
    const footer = readFooter(join(folder, 'task-0-00000000.parquet'));
    expect(footer.rowGroups.map(({ rows }) => rows)).toEqual([40, 40, 20]);
    expect(footer.rowGroups[0]?.columns.map(({ codec }) => codec)).toEqual(['zstd', 'zstd', 'zstd', 'zstd']);
    expect(footer.rowGroups[0]?.columns[2]).toMatchObject({ nullCount: 6 });
    expect(JSON.parse(footer.metadata.get('millrace.origin') ?? '')).toEqual({
      task: 'task-0',
      ordinals: [0, 99],
      sources: [{ source: 'readings', partition: 0, first: 0, last: 0 }],
      end: {},
    });
    expect(rolesOf(parquet(folder).schema)).toEqual({ eventTime: 'at', key: 'sensor' });
    const read = await readAll(parquet(folder, { schema: readings, decodeIn: 'caller' }) as never);
    expect(new Set(read.rows.map((row) => row[3])).size).toBe(250);
    expect(read.rows.find((row) => row[3] === 31n)).toEqual(['süd', lateTime(31), null, 31n]);
  });

  test('nothing is visible before its epoch is committed, and rows under way wait for their file', async () => {
    const folder = freshFolder();
    const sink = await started(folder, { roll: { rows: 100 } });
    sink.write(lateBatch(range(0, 150)) as never);
    expect(await contents(folder)).toEqual({});
    await sink.prepare(1);
    expect(await contents(folder)).toEqual({});
    await sink.commit(1);
    expect(Object.values(await contents(folder))).toEqual([range(0, 100)]);
    await sink.close();
    expect(Object.values(await contents(folder))).toEqual([range(0, 100), range(100, 150)]);
  });

  test('partitions by columns and by event time; finishes a file when the watermark has passed it; late rows share files', async () => {
    const folder = freshFolder();
    const sink = await started(folder, { partitionBy: ['sensor'], partitionByTime: 'day' });
    await commit(sink, 1, range(0, 600));
    const before = await contents(folder);
    expect(Object.keys(before).every((name) => /^sensor=(north|süd|east)\/date=2023-11-1[4-5]\/task-0-\d{8}\.parquet$/.test(name))).toBe(
      true,
    );
    await sink.close();
    const files = await contents(folder);
    for (const [name, numbers] of Object.entries(files)) {
      expect(
        new Set(numbers.map((n) => `sensor=${['north', 'süd', 'east'][n % 3]}/date=${new Date(lateTime(n)).toISOString().slice(0, 10)}`)),
      ).toEqual(new Set([name.slice(0, name.lastIndexOf('/'))]));
    }
    expect(
      Object.values(files)
        .flat()
        .sort((left, right) => left - right),
    ).toEqual(range(0, 600));
    const read = await readAll(parquet(folder, { schema: readings, where: { sensor: { oneOf: ['east'] } }, decodeIn: 'caller' }) as never);
    expect(read.rows.length).toBe(200);
  });

  test('which rows share a file does not depend on batches or epochs', async () => {
    const options: ArchiveOptions = { roll: { rows: 70, interval: '3h' }, rowGroupRows: 30 };
    const whole = freshFolder();
    const sink = await started(whole, options);
    await commit(sink, 1, range(0, 400));
    await sink.close();
    const expected = await contents(whole);
    expect(Object.keys(expected).length).toBeGreaterThan(10);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 120 }), fc.boolean()), { minLength: 3, maxLength: 30 }),
        async (cuts) => {
          const folder = freshFolder();
          const cut = await started(folder, options);
          let at = 0;
          let epoch = 0;
          for (const [rows, ends] of [...cuts, [400, true] as const]) {
            const numbers = range(at, Math.min(400, at + rows));
            at = Math.min(400, at + rows);
            if (ends) await commit(cut, ++epoch, numbers);
            else if (numbers.length > 0) cut.write(lateBatch(numbers) as never);
          }
          await cut.close();
          expect(await contents(folder)).toEqual(expected);
        },
      ),
      { numRuns: 6 },
    );
  });

  test('a row group ends with the row that reaches its bytes, however the rows were cut', async () => {
    const texts = schema({ id: int64(), text: utf8() });
    const lengths = range(0, 60).map((row) => (row * 37) % 23);
    const batch = makeBatch(texts, [
      makeData({ type: new Int64(), length: 60, nullCount: 0, data: numbersToInt64(range(0, 60)) }),
      utf8Data(lengths.map((length) => 'x'.repeat(length))),
    ]);
    const groups: number[] = [];
    let bytes = 0;
    let rows = 0;
    for (const length of lengths) {
      bytes += 12 + length;
      rows++;
      if (bytes < 200) continue;
      groups.push(rows);
      bytes = 0;
      rows = 0;
    }
    for (const step of [1, 7, 60]) {
      const folder = freshFolder();
      let sink = await started(folder, { rowGroupBytes: 200 });
      for (let from = 0, epoch = 1; from < 60; from += step, epoch++) {
        await sink.write(streamBatch(batch.slice(from, Math.min(60, from + step)) as Batch) as never);
        await sink.prepare(epoch);
        await sink.commit(epoch);
        // What waits for its row group is counted again after a restart.
        if (step === 7) sink = await started(folder, { rowGroupBytes: 200 }, epoch);
      }
      await sink.close();
      const footer = readFooter(join(folder, 'task-0-00000000.parquet'));
      expect(footer.rowGroups.map((group) => group.rows)).toEqual(rows > 0 ? [...groups, rows] : groups);
    }
  });

  test('the encoding thread gives the same files as the calling one, also where their size decides about the next row', async () => {
    const contentsOf = async (encodeIn: 'worker' | 'caller', compression: 'snappy' | 'zstd') => {
      const folder = freshFolder();
      const sink = await started(folder, { encodeIn, compression, rowGroupRows: 15_000, roll: { rows: 50_000, bytes: 200_000 } });
      // A writer that does not wait is kept in order all the same.
      const writes = [0, 20_000, 40_000, 60_000].map((from) =>
        sink.write(streamBatch(readingBatch(range(from, from + 20_000)) as Batch) as never),
      );
      await sink.prepare(1);
      await sink.commit(1);
      await sink.close();
      await Promise.all(writes);
      const names = readdirSync(folder).filter((name) => name.endsWith('.parquet'));
      return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));
    };
    for (const compression of ['snappy', 'zstd'] as const) {
      const files = await contentsOf('worker', compression);
      expect(Object.keys(files).length).toBeGreaterThan(1);
      expect(files).toEqual(await contentsOf('caller', compression));
    }
  });

  test('a file may have no columns, and still has its rows', async () => {
    const folder = freshFolder();
    const sink = await started(folder, {});
    await sink.write(streamBatch(makeBatch(new Schema([]), [], 5)) as never);
    await sink.prepare(1);
    await sink.commit(1);
    await sink.close();
    expect(readFooter(join(folder, 'task-0-00000000.parquet')).rows).toBe(5);
  });

  test('a folder that cannot be written, wrong options and too many files are told', async () => {
    const folder = freshFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, '_millrace'), 'a file where a folder has to be');
    await expect(started(folder, {})).rejects.toMatchObject({ code: 'SINK_FAILED', hint: expect.stringContaining(folder) });
    expect(() => archive(folder, { schema: readings, partitionBy: ['pressure'] as never })).toThrow("there is no column 'pressure'");
    expect(() => archive(folder, { roll: { rows: 0 } })).toThrow('roll.rows');
    const unaware = await started(freshFolder(), { partitionBy: ['pressure'] as never });
    expect(() => unaware.write(lateBatch([0]) as never)).toThrow("there is no column 'pressure'");
    const sink = await started(freshFolder(), { partitionBy: ['count'] as never, maxOpenFiles: 3 });
    expect(() => sink.write(lateBatch(range(0, 4)) as never)).toThrow('3 files under way');
  });

  test('stopped and started again it goes on with a new file, also when the stop was cut short', async () => {
    const folder = freshFolder();
    const sink = await started(folder, {});
    await commit(sink, 1, range(0, 10));
    await sink.close();
    expect(Object.values(await contents(folder))).toEqual([range(0, 10)]);
    // As if the process had died between the manifest and the renames that it asks for.
    renameSync(join(folder, 'task-0-00000000.parquet'), join(folder, '_millrace', 'task-0', 'task-0-00000000.parquet.part'));
    const again = await started(folder, {}, 1);
    expect(Object.values(await contents(folder))).toEqual([range(0, 10)]);
    await commit(again, 2, range(10, 15));
    await again.close();
    expect(Object.values(await contents(folder))).toEqual([range(0, 10), range(10, 15)]);
  });

  test('columns may change between runs: files of the old ones are finished as they are', async () => {
    const folder = freshFolder();
    const sink = await started(folder, {});
    await commit(sink, 1, range(0, 10));
    const changed = await started(folder, {}, 1);
    const { batch, ...order } = lateBatch(range(10, 15));
    changed.write({ ...order, batch: selectColumns(batch, ['at', 'count'] as never) } as never);
    await changed.prepare(2);
    await changed.commit(2);
    await changed.close();
    expect(Object.values(await contents(folder))).toEqual([range(0, 10), range(10, 15)]);
  });

  test('values cannot leave their folder', async () => {
    const folder = freshFolder();
    const sink = await started(folder, { partitionBy: ['sensor'] });
    const batch = readingBatch([0, 1, 2]) as Batch;
    sink.write(streamBatch(batch) as never);
    await sink.prepare(1);
    await sink.commit(1);
    await sink.close();
    expect(Object.keys(await contents(folder)).sort()).toEqual(
      ['sensor=east', 'sensor=north', 'sensor=süd'].map((name) => expect.stringMatching(new RegExp(`^${name}/`))),
    );
  });
});
