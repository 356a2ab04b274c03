import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Batch, rolesOf, selectColumns } from '../../../columnar/index.ts';
import type { Sink } from '../../../connectors/contract/index.ts';
import { readFooter } from '../../../connectors/parquet/format/footer.ts';
import { type ArchiveOptions, archive, parquet } from '../../../connectors/parquet/index.ts';
import { streamBatch } from '../../../streams/index.ts';
import { readAll } from './read-all.ts';
import { range, readingBatch, readings, temporaryFolder } from './sample-files.ts';

const base = temporaryFolder();
let folders = 0;
const freshFolder = () => join(base, `archive-${folders++}`);
const START = 1_700_000_000_000;
const HOUR = 3_600_000;

/** Event times: twenty rows an hour; every tenth row comes two hours late. */
const timeOf = (n: number) => START + Math.floor(n / 20) * HOUR - (n % 10 === 9 ? 2 * HOUR : 0);
const batchOf = (numbers: readonly number[]) => {
  let watermark = Number.NEGATIVE_INFINITY;
  const seen = range(0, numbers[0] ?? 0);
  for (const n of seen) watermark = Math.max(watermark, timeOf(n));
  const watermarks = Float64Array.from(numbers, (n) => {
    watermark = Math.max(watermark, timeOf(n));
    return watermark;
  });
  return streamBatch(readingBatch(numbers, timeOf), {
    firstOrdinal: numbers[0] ?? 0,
    watermark: watermarks,
    origin: { source: 'readings', partition: 0, offset: numbers[0] ?? 0 },
  });
};

async function started(folder: string, options: ArchiveOptions, epoch?: number): Promise<Sink<never>> {
  const sink = archive(folder, options).create() as Sink<never>;
  await sink.open('task-0');
  await sink.recover(epoch);
  return sink;
}

async function commit(sink: Sink<never>, epoch: number, numbers: readonly number[]): Promise<void> {
  if (numbers.length > 0) sink.write(batchOf(numbers) as never);
  await sink.prepare(epoch);
  await sink.commit(epoch);
}

/** Published files with the rows of each, by name. */
async function contents(folder: string): Promise<Record<string, number[]>> {
  const files: Record<string, number[]> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || path.includes('_millrace')) continue;
    const read = await readAll(parquet(path, { columns: ['count'], decodeIn: 'caller' }) as never);
    files[relative(folder, path)] = read.rows.map(([count]) => Number(count));
  }
  return files;
}

/** Where in an epoch the process dies. */
const STEPS = ['written', 'prepared', 'recorded', 'committed', 'recorded twice'] as const;

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
    });
    expect(rolesOf(parquet(folder).schema)).toEqual({ eventTime: 'at', key: 'sensor' });
    const read = await readAll(parquet(folder, { schema: readings, decodeIn: 'caller' }) as never);
    expect(new Set(read.rows.map((row) => row[3])).size).toBe(250);
    expect(read.rows.find((row) => row[3] === 31n)).toEqual(['süd', timeOf(31), null, 31n]);
  });

  test('nothing is visible before its epoch is committed, and rows under way wait for their file', async () => {
    const folder = freshFolder();
    const sink = await started(folder, { roll: { rows: 100 } });
    sink.write(batchOf(range(0, 150)) as never);
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
        new Set(numbers.map((n) => `sensor=${['north', 'süd', 'east'][n % 3]}/date=${new Date(timeOf(n)).toISOString().slice(0, 10)}`)),
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
            else if (numbers.length > 0) cut.write(batchOf(numbers) as never);
          }
          await cut.close();
          expect(await contents(folder)).toEqual(expected);
        },
      ),
      { numRuns: 6 },
    );
  });

  test('a crash at any step of any epoch loses nothing and doubles nothing', async () => {
    const options: ArchiveOptions = { roll: { rows: 90, interval: '12h' }, rowGroupRows: 25, partitionBy: ['sensor'] };
    const epochs = [range(0, 60), range(60, 61), range(61, 200), [], range(200, 340)];
    const undisturbed = freshFolder();
    const reference = await started(undisturbed, options);
    for (const [index, numbers] of epochs.entries()) await commit(reference, index + 1, numbers);
    await reference.close();
    const expected = await contents(undisturbed);
    for (const crashEpoch of [1, 3, 5]) {
      for (const step of crashEpoch === 3 ? STEPS : (['written', 'recorded'] as const)) {
        const folder = freshFolder();
        let sink = await started(folder, options);
        for (const [index, numbers] of epochs.entries()) {
          const epoch = index + 1;
          if (epoch !== crashEpoch) {
            await commit(sink, epoch, numbers);
            continue;
          }
          sink.write(batchOf(numbers) as never);
          if (step !== 'written') await sink.prepare(epoch);
          if (step === 'committed') await sink.commit(epoch);
          // The process dies: the sink is left as it is. 'recorded': the commit record was durable, so the epoch counts.
          const counts = step !== 'written' && step !== 'prepared';
          sink = await started(folder, options, counts ? epoch : epoch === 1 ? undefined : epoch - 1);
          if (step === 'recorded twice') sink = await started(folder, options, epoch);
          if (!counts) await commit(sink, epoch, numbers);
        }
        await sink.close();
        expect(await contents(folder), `${step} in epoch ${crashEpoch}`).toEqual(expected);
        const left = readdirSync(join(folder, '_millrace'), { recursive: true }).filter((name) => /\.(part|rows)$/.test(String(name)));
        expect(left).toEqual([]);
      }
    }
  });

  test('closed with uncommitted rows it publishes none of them; a restart goes on from the last epoch', async () => {
    const folder = freshFolder();
    const sink = await started(folder, {});
    await commit(sink, 1, range(0, 10));
    sink.write(batchOf(range(10, 20)) as never);
    await sink.close();
    expect(await contents(folder)).toEqual({});
    const again = await started(folder, {}, 1);
    await commit(again, 2, range(10, 15));
    await again.close();
    expect(Object.values(await contents(folder))).toEqual([range(0, 15)]);
    expect(existsSync(join(folder, 'task-0-00000000.parquet'))).toBe(true);
  });

  test('a folder that cannot be written, wrong options and too many files are told', async () => {
    const folder = freshFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, '_millrace'), 'a file where a folder has to be');
    await expect(started(folder, {})).rejects.toMatchObject({ code: 'SINK_FAILED', hint: expect.stringContaining(folder) });
    expect(() => archive(folder, { schema: readings, partitionBy: ['pressure'] as never })).toThrow("there is no column 'pressure'");
    expect(() => archive(folder, { roll: { rows: 0 } })).toThrow('roll.rows');
    const unaware = await started(freshFolder(), { partitionBy: ['pressure'] as never });
    expect(() => unaware.write(batchOf([0]) as never)).toThrow("there is no column 'pressure'");
    const sink = await started(freshFolder(), { partitionBy: ['count'] as never, maxOpenFiles: 3 });
    expect(() => sink.write(batchOf(range(0, 4)) as never)).toThrow('3 files under way');
  });

  test('columns may change between runs: files of the old ones are finished as they are', async () => {
    const folder = freshFolder();
    const sink = await started(folder, {});
    await commit(sink, 1, range(0, 10));
    const changed = await started(folder, {}, 1);
    const { batch, ...order } = batchOf(range(10, 15));
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
