import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLog } from '../../../connectors/index.ts';
import { Checkpointer } from '../../../connectors/log/checkpointer.ts';
import { SqliteFile } from '../../../connectors/log/sqlite-file.ts';
import { readAll, recordsOf } from '../../contract/home-fixture.ts';
import { temporaryFolders } from './temporary-folder.ts';

const temporaryFolder = temporaryFolders();
const MB = 1024 * 1024;

/** Appends records of 4 MB with the writes of a run; returns how long the write-ahead log was at most, bytes. */
async function append(folder: string, count: number): Promise<number> {
  const home = openLog(folder, { committer: true });
  await home.topics.ensure('t', { partitions: 1 });
  const value = 'x'.repeat(4 * MB);
  let longest = 0;
  for (let record = 0; record < count; record++) {
    await home.topics.append('t', 0, recordsOf([`${record} ${value}`]));
    longest = Math.max(longest, statSync(join(folder, 'log.db-wal')).size);
  }
  await home.close();
  return longest;
}

describe('the write-ahead log of the database', () => {
  test('is kept short while much is written, and is gone after it', async () => {
    const folder = temporaryFolder();
    const longest = await append(folder, 60);
    expect(longest).toBeGreaterThan(16 * MB);
    expect(longest).toBeLessThan(160 * MB);
    expect(existsSync(join(folder, 'log.db-wal'))).toBe(false);
    const after = openLog(folder, { readOnly: true });
    const values = (await readAll(after, 't', 0)).map((value) => value ?? '');
    expect(values.map((value) => value.slice(0, 4))).toEqual(values.map((_, record) => `${record} xxx`.slice(0, 4)));
    expect(values.every((value) => value.length > 4 * MB)).toBe(true);
    expect(values.length).toBe(60);
    await after.close();
  });

  test('grows while someone reads what was there before, and holds up nobody', async () => {
    const folder = temporaryFolder();
    await append(folder, 1);
    const reader = new SqliteFile(join(folder, 'log.db'), true);
    reader.exec('BEGIN');
    expect(reader.query('SELECT count(*) AS blocks FROM blocks')).toEqual([{ blocks: 1 }]);
    expect(await append(folder, 50)).toBeGreaterThan(160 * MB);
    expect(reader.query('SELECT count(*) AS blocks FROM blocks')).toEqual([{ blocks: 1 }]);
    reader.close();
  });

  test('holds up nobody either when its thread cannot do anything', async () => {
    const checkpointer = new Checkpointer(join(temporaryFolder(), 'missing', 'log.db'));
    checkpointer.wrote(500 * MB);
    await checkpointer.room();
    expect(checkpointer.room()).toBeUndefined();
    checkpointer.close();
  });
});
