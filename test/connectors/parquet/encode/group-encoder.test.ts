import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../../columnar/index.ts';
import { fileForm } from '../../../../connectors/parquet/encode/file-form.ts';
import { GroupEncoder } from '../../../../connectors/parquet/encode/group-encoder.ts';
import { range, readingBatch, temporaryFolder } from '../sample-files.ts';

const folder = temporaryFolder();
const encoding = { compression: 'snappy', dictionary: 'auto', statistics: true } as const;
/** Large enough for the thread. */
const batch = readingBatch(range(0, 20_000)) as Batch;
const small = readingBatch(range(0, 10)) as Batch;
const form = fileForm(batch, encoding);

/** What several row groups of a file become, by an encoder. */
async function written(where: 'worker' | 'caller', name: string): Promise<{ bytes: Buffer; groups: Uint8Array[] }> {
  const encoder = new GroupEncoder(where);
  const path = join(folder, name);
  const file = openSync(path, 'w');
  const results = [];
  for (const [index, rows] of [batch, batch.slice(0, 12_000) as Batch, small, batch].entries()) {
    results.push(encoder.write({ file, position: index === 0 ? 4 : undefined, rows: form.group([rows], encoder.takeSpare()) }));
    await encoder.room();
    expect(encoder.isFull).toBe(false);
  }
  const groups = await Promise.all(results);
  expect(groups.map(({ bytes }) => bytes > 0)).toEqual([true, true, true, true]);
  await encoder.close();
  closeSync(file);
  return { bytes: readFileSync(path), groups: groups.map(({ group }) => group) };
}

describe('encoding thread', () => {
  test('writes the bytes that the calling thread writes, group after group', async () => {
    const [mine, theirs] = [await written('caller', 'caller'), await written('worker', 'worker')];
    expect(mine.bytes.equals(theirs.bytes)).toBe(true);
    expect(mine.bytes.length).toBeGreaterThan(100_000);
    expect(theirs.groups.map((group) => [...group])).toEqual(mine.groups.map((group) => [...group]));
  });

  test('small groups that nothing precedes are written at once', () => {
    const file = openSync(join(folder, 'small'), 'w');
    const result = new GroupEncoder('worker').write({ file, position: 0, rows: form.group([small], undefined) });
    expect(result).not.toBeInstanceOf(Promise);
    closeSync(file);
  });

  test('tells that it is full, and that it has room again', async () => {
    const encoder = new GroupEncoder('worker');
    const file = openSync(join(folder, 'full'), 'w');
    const first = encoder.write({ file, position: 0, rows: form.group([batch], undefined) });
    expect(encoder.isFull).toBe(false);
    const second = encoder.write({ file, position: undefined, rows: form.group([batch], undefined) });
    expect(encoder.isFull).toBe(true);
    let isThere = false;
    void Promise.resolve(first).then(() => {
      isThere = true;
    });
    await encoder.room();
    await new Promise(setImmediate);
    expect(isThere).toBe(true);
    await second;
    await encoder.close();
    closeSync(file);
  });

  test('an error of the thread is an error of its row group, and the next one is written', async () => {
    const encoder = new GroupEncoder('worker');
    const readOnly = openSync(join(folder, 'worker'), 'r');
    const follower = () => encoder.write({ file: readOnly, position: undefined, rows: form.group([batch], undefined) });
    await expect(Promise.resolve(encoder.write({ file: readOnly, position: 0, rows: form.group([batch], undefined) }))).rejects.toThrow(
      'EBADF',
    );
    // It would not know where to begin.
    await expect(Promise.resolve(follower())).rejects.toThrow('could not be written');
    const file = openSync(join(folder, 'after'), 'w');
    expect((await encoder.write({ file, position: 0, rows: form.group([batch], undefined) })).bytes).toBeGreaterThan(1_000);
    await encoder.close();
    closeSync(readOnly);
    closeSync(file);
  });
});
