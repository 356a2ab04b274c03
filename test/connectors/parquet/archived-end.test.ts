import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Sink } from '../../../connectors/contract/index.ts';
import { readFooter } from '../../../connectors/parquet/format/footer.ts';
import { type ArchiveOptions, archive, parquet, replaying } from '../../../connectors/parquet/index.ts';
import { concatStreamBatches, type StreamBatch } from '../../../streams/index.ts';
import { archivedRows, lateBatch } from './archived-rows.ts';
import { range, readingBatch, temporaryFolder, writeSample } from './sample-files.ts';

const base = temporaryFolder();
let folders = 0;
const freshFolder = () => join(base, `end-${folders++}`);

async function started(folder: string, options: ArchiveOptions = {}): Promise<Sink<never>> {
  const sink = archive(folder, options).create() as Sink<never>;
  await sink.open('task-0');
  await sink.recover(undefined);
  return sink;
}

/** Offset of the record of reading `n`: every third offset is that of something else. */
const offsetOf = (n: number) => n + Math.floor(n / 2);

/** Readings as a task gives them: with the records that they were made of. */
function readBatch(numbers: readonly number[], source = 'readings'): StreamBatch {
  const batch = lateBatch(numbers);
  const offset = Float64Array.from(numbers, offsetOf);
  return { ...batch, origin: { source, partition: 0, offset: offset[0], records: { ordinal: batch.ordinal, offset } } } as StreamBatch;
}

async function commit(sink: Sink<never>, epoch: number, ...batches: readonly StreamBatch[]): Promise<void> {
  for (const batch of batches) sink.write(batch as never);
  await sink.prepare(epoch);
  await sink.commit(epoch);
}

const originOf = (path: string) => JSON.parse(readFooter(path).metadata.get('millrace.origin') ?? '') as unknown;

describe('where archived rows end in their topic', () => {
  test('each file tells the offsets of its first and last record, and the one after, wherever batches and files were cut', async () => {
    const folder = freshFolder();
    const sink = await started(folder, { roll: { rows: 100 } });
    await commit(sink, 1, readBatch(range(0, 37)), readBatch(range(37, 120)));
    await commit(sink, 2, readBatch(range(120, 230)));
    expect(originOf(join(folder, 'task-0-00000001.parquet'))).toEqual({
      task: 'task-0',
      ordinals: [100, 199],
      sources: [{ source: 'readings', partition: 0, first: offsetOf(100), last: offsetOf(199) }],
      end: { readings: { 0: offsetOf(199) + 1 } },
    });
    // Rows under way come after the end.
    expect(await parquet(folder).archivedEnd?.()).toEqual({ readings: { 0: offsetOf(199) + 1 } });
    await sink.close();
    expect(await parquet(folder).archivedEnd?.()).toEqual({ readings: { 0: offsetOf(229) + 1 } });
    expect(await replaying(parquet(folder, { eventTime: 'at' as never }), { speed: '60x' }).archivedEnd?.()).toEqual({
      readings: { 0: offsetOf(229) + 1 },
    });
    expect(replaying(parquet(folder, { eventTime: 'at' as never }), { loop: 2 }).archivedEnd).toBeUndefined();
  });

  test('a restarted sink goes on with the origin of its files under way', async () => {
    const folder = freshFolder();
    const first = await started(folder);
    await commit(first, 1, readBatch(range(0, 50)));
    const next = archive(folder).create() as Sink<never>;
    await next.open('task-0');
    await next.recover(1);
    await commit(next, 2, readBatch(range(50, 60)));
    await next.close();
    expect(originOf(join(folder, 'task-0-00000000.parquet'))).toMatchObject({
      ordinals: [0, 59],
      end: { readings: { 0: offsetOf(59) + 1 } },
    });
  });

  test('is refused while rows before the end are in files under way, and known once these are published', async () => {
    const folder = freshFolder();
    const sink = await started(folder, { partitionBy: ['sensor'], roll: { rows: 20 } });
    await commit(sink, 1, readBatch(range(0, 65)));
    expect(Object.values(await archivedRows(folder, 'count')).flat()).toHaveLength(60);
    await commit(sink, 2, readBatch([66, 69, 72, 75, 78, 81, 84, 87, 90, 93, 96, 99, 102, 105, 108, 111, 114, 117]));
    await expect(parquet(folder).archivedEnd?.()).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(`rows of 'readings' partition 0 from offset ${offsetOf(61)} on are in files under way`),
      hint: expect.stringContaining('stop the pipeline'),
    });
    await sink.close();
    expect(await parquet(folder).archivedEnd?.()).toEqual({ readings: { 0: offsetOf(117) + 1 } });
  });

  test('is refused when a crash left a finished file unpublished', async () => {
    const folder = freshFolder();
    const copy = freshFolder();
    const sink = await started(folder, { roll: { rows: 40 } });
    await commit(sink, 1, readBatch(range(0, 41)));
    sink.write(readBatch(range(41, 90)) as never);
    await sink.prepare(2);
    cpSync(folder, copy, { recursive: true });
    await expect(parquet(copy).archivedEnd?.()).rejects.toThrow(/task-0-00000001\.parquet' is not published yet/);
  });

  test('is not known for rows of several batches or inputs, until a record is known again', async () => {
    const joined = concatStreamBatches([readBatch(range(0, 10)), readBatch(range(10, 20))]) as StreamBatch;
    const folder = freshFolder();
    const sink = await started(folder);
    await commit(sink, 1, readBatch(range(0, 5), 'other'), joined);
    await sink.close();
    expect(originOf(join(folder, 'task-0-00000000.parquet'))).toMatchObject({ end: {} });
    await expect(parquet(folder).archivedEnd?.()).rejects.toMatchObject({
      message: expect.stringContaining("does not tell the last record of 'other' partition 0"),
      hint: expect.stringContaining('archive the topic itself'),
    });
    const again = freshFolder();
    const second = await started(again);
    await commit(second, 1, joined, readBatch(range(20, 30)));
    await second.close();
    expect(await parquet(again).archivedEnd?.()).toEqual({ readings: { 0: offsetOf(29) + 1 } });
  });

  test('files that say nothing, or no JSON, are refused with what to do', async () => {
    const folder = freshFolder();
    mkdirSync(folder, { recursive: true });
    const path = writeSample(join(folder, 'plain.parquet'), readingBatch(range(0, 10)));
    await expect(parquet(path).archivedEnd?.()).rejects.toMatchObject({ code: 'INVALID_OPTION', hint: expect.stringContaining('(at)') });
    writeFileSync(path, 'PAR1 nothing');
    await expect(parquet(path).archivedEnd?.()).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
