import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { type Home, openLog, type PartitionInfo } from '../../../connectors/index.ts';
import { commitRecord, readAll, recordsOf } from '../../contract/home-fixture.ts';
import { temporaryFolders } from './temporary-folder.ts';

const temporaryFolder = temporaryFolders();
const VALUES = Array.from({ length: 2000 }, (_, index) => `value ${index} ${'x'.repeat(100)}`);

async function filledLog(): Promise<string> {
  const folder = temporaryFolder();
  const home = openLog(folder);
  await home.topics.ensure('readings', { partitions: 1 });
  for (let from = 0; from < VALUES.length; from += 500) await home.topics.append('readings', 0, recordsOf(VALUES.slice(from, from + 500)));
  await home.epochs.open('main/0');
  const cells = [{ id: 'learn', version: 1, bytes: new Uint8Array(50_000).fill(7) }];
  const snapshot = { epoch: 1, positions: {}, nextOrdinal: 0, cells };
  await home.epochs.commit({ record: commitRecord('main/0', 1, { snapshotEpoch: 1 }), outputs: [], snapshot });
  await home.close();
  return folder;
}

/** Overwrites one byte for each place where `needle` stands in the file. */
function flip(file: string, needle: string, at = 0): void {
  const bytes = readFileSync(file);
  const found = bytes.indexOf(needle);
  expect(found).toBeGreaterThan(0);
  bytes[found + at] = (bytes[found + at] as number) ^ 0x20;
  writeFileSync(file, bytes);
}

const opened = async <R>(folder: string, use: (home: Home) => Promise<R>): Promise<R> => {
  const home = openLog(folder);
  try {
    return await use(home);
  } finally {
    await home.close();
  }
};

describe('damage is never served', () => {
  test('a flipped byte in a block is found, and named by file and offset', async () => {
    const folder = await filledLog();
    flip(join(folder, 'log.db'), 'value 700 ', 7);
    await opened(folder, async (home) => {
      await expect(readAll(home, 'readings')).rejects.toMatchObject({
        code: 'STORE_DAMAGED',
        message: expect.stringMatching(/log\.db is damaged: the block at offset 500 .* does not match its checksum/),
      });
      expect((await home.topics.read('readings', 0, 0, 1)).count).toBe(500);
    });
  });

  test('a flipped byte in a commit record or in a state cell is found', async () => {
    const folder = await filledLog();
    flip(join(folder, 'log.db'), '"nextOrdinal":10', 15);
    await opened(folder, (home) => expect(home.epochs.open('main/0')).rejects.toMatchObject({ code: 'STORE_DAMAGED' }) as Promise<void>);
    const other = await filledLog();
    flip(join(other, 'log.db'), '\u0007'.repeat(2000), 1000);
    await opened(other, async (home) => {
      await expect(home.epochs.readSnapshot('main/0', 1)).rejects.toMatchObject({
        code: 'STORE_DAMAGED',
        message: expect.stringContaining("step 'learn'"),
      });
    });
  });

  test('a truncated file, a file of something else, another layout', async () => {
    const folder = await filledLog();
    const file = join(folder, 'log.db');
    truncateSync(file, Math.floor(statSync(file).size / 2 / 16_384) * 16_384);
    await expect((async () => opened(folder, (home) => readAll(home, 'readings')))()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });

    const foreign = temporaryFolder();
    writeFileSync(join(foreign, 'log.db'), 'these are no pages of a database at all'.repeat(1000));
    expect(() => openLog(foreign)).toThrow(expect.objectContaining({ code: 'STORE_DAMAGED', message: expect.stringContaining(foreign) }));

    const stranger = temporaryFolder();
    const database = new DatabaseSync(join(stranger, 'log.db'));
    database.exec('CREATE TABLE t (x); PRAGMA user_version = 7');
    database.close();
    expect(() => openLog(stranger)).toThrow(expect.objectContaining({ code: 'STATE_INCOMPATIBLE' }));
  });

  test('a file of the layout before is brought up to date by whoever writes, and left alone by who reads', async () => {
    const folder = await filledLog();
    const database = new DatabaseSync(join(folder, 'log.db'));
    database.exec('ALTER TABLE topics DROP COLUMN kept_bytes; PRAGMA user_version = 2');
    database.close();
    expect(() => openLog(folder, { readOnly: true })).toThrow(
      expect.objectContaining({ code: 'STATE_INCOMPATIBLE', hint: expect.stringContaining('run its pipeline once') }),
    );
    await opened(folder, async (home) => {
      expect(await readAll(home, 'readings')).toEqual(VALUES);
      expect(await home.topics.ensure('readings', { partitions: 1 })).toEqual({ partitions: 1 });
    });
    expect(openLog(folder, { readOnly: true }).close()).toBeInstanceOf(Promise);
  });

  test('a range that does not fit the blocks is found: records are not hidden', async () => {
    const folder = await filledLog();
    const database = new DatabaseSync(join(folder, 'log.db'));
    database.exec('UPDATE partitions SET next = 1500');
    database.close();
    await opened(folder, (home) => expect(readAll(home, 'readings')).rejects.toMatchObject({ code: 'STORE_DAMAGED' }) as Promise<void>);
  });
});

describe('a folder that cannot be used', () => {
  test('a folder that cannot be made is one clear error', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(() => openLog(join(file, 'state'))).toThrow(
      expect.objectContaining({ code: 'STORE_FAILED', message: expect.stringContaining(file), hint: expect.stringContaining('--state') }),
    );
  });

  test('a log in place of which a folder stands', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'log.db'));
    expect(() => openLog(folder)).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }));
  });

  test('reading only makes nothing', () => {
    const folder = temporaryFolder();
    expect(() => openLog(folder, { readOnly: true })).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }));
    expect(existsSync(join(folder, 'log.db'))).toBe(false);
  });

  test('a full disk fails the commit, keeps what was committed, and lets the run go on when there is space', async () => {
    const folder = temporaryFolder();
    const small = openLog(folder, { maxBytes: 1_500_000 });
    await small.topics.ensure('out', { partitions: 1 });
    await small.epochs.open('main/0');
    let epoch = 0;
    const commit = (home: Home) =>
      home.epochs.commit({
        record: commitRecord('main/0', epoch + 1),
        outputs: [{ topic: 'out', partition: 0, records: recordsOf(VALUES) }],
      });
    const filling = async () => {
      for (; epoch < 50; epoch++) await commit(small);
    };
    await expect(filling()).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringMatching(/no space left for .*log\.db/) });
    expect(epoch).toBeGreaterThan(1);
    await small.close();
    const large = openLog(folder);
    expect((await large.epochs.open('main/0'))?.epoch).toBe(epoch);
    await commit(large);
    expect(await readAll(large, 'out')).toHaveLength((epoch + 1) * VALUES.length);
    await large.close();
  });
});

describe('one run per folder', () => {
  test('a second run in the process is refused by name of the process; readers are not', async () => {
    const folder = await filledLog();
    const first = openLog(folder);
    await first.epochs.open('main/0');
    const second = openLog(folder);
    await expect(second.epochs.open('other/0')).rejects.toMatchObject({
      code: 'STATE_LOCKED',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    const reader = openLog(folder, { readOnly: true });
    expect(await readAll(reader, 'readings')).toEqual(VALUES);
    await first.close();
    expect((await second.epochs.open('main/0'))?.epoch).toBe(1);
    await second.close();
    await reader.close();
  });

  test('the lock of a killed process is free; what it committed is there, of the rest nothing', async () => {
    const folder = temporaryFolder();
    const child = spawn(process.execPath, ['--conditions=millrace-source', join(import.meta.dirname, 'endless-writer.ts'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const acknowledged = await new Promise<number>((resolve, reject) => {
      let last = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        last = Number(chunk.toString().trim().split('\n').at(-1));
        if (last < 20) return;
        child.kill('SIGKILL');
      });
      child.on('exit', () => resolve(last));
      child.on('error', reject);
    });
    await opened(folder, async (home) => {
      const epoch = (await home.epochs.open('main/0'))?.epoch ?? 0;
      expect(epoch).toBeGreaterThanOrEqual(acknowledged);
      const values = await readAll(home, 'out');
      expect(values).toEqual(Array.from({ length: epoch }, (_, index) => [`a ${index + 1}`, `b ${index + 1}`]).flat());
    });
  });
});

describe('what may be deleted', () => {
  const reader = (position: number, snapshotAt?: number) => {
    const record = commitRecord('reader/0', 1, { positions: { in: { t: position } }, snapshotEpoch: snapshotAt === undefined ? 0 : 1 });
    if (snapshotAt === undefined) return { record, outputs: [] };
    return { record, outputs: [], snapshot: { epoch: 1, positions: { in: { t: snapshotAt } }, nextOrdinal: 0, cells: [] } };
  };

  test('retention deletes whole old blocks, but none that a task would read again after a crash', async () => {
    let now = 2000;
    const home = openLog(temporaryFolder(), { now: () => now });
    await home.topics.ensure('t', { partitions: 1, retentionMs: 5000 });
    await home.epochs.open('reader/0');
    for (let block = 0; block < 4; block++) await home.topics.append('t', 0, recordsOf(['1', '2', '3']));
    await home.epochs.commit(reader(9, 6));
    now = 200_000;
    await home.topics.append('t', 0, recordsOf(['late']));
    expect((await home.topics.list('t'))[0]).toMatchObject({ start: 6, end: 13 });
    expect((await home.topics.read('t', 0, 0, 1e6)).offset[0]).toBe(6);
    await home.close();
  });

  test('retention by bytes keeps so many in each partition, as whole blocks, and what a task would read again', async () => {
    for (const committer of [false, true]) {
      const home = openLog(temporaryFolder(), { committer });
      const block = recordsOf(VALUES.slice(0, 1000));
      await home.topics.ensure('t', { partitions: 2, retentionBytes: 1_000_000 });
      await home.topics.ensure('read', { partitions: 1, retentionBytes: 1 });
      await home.epochs.open('reader/0');
      const positions = (offset: number) => ({ in: { read: offset } });
      const snapshot = { epoch: 1, positions: positions(2000), nextOrdinal: 0, cells: [] };
      await home.epochs.commit({
        record: commitRecord('reader/0', 1, { positions: positions(5000), snapshotEpoch: 1 }),
        outputs: [],
        snapshot,
      });
      for (let round = 0; round < 100; round++) {
        await home.topics.append('t', 0, block);
        if (round < 5)
          for (const [topic, partition] of [
            ['t', 1],
            ['read', 0],
          ] as const)
            await home.topics.append(topic, partition, block);
      }
      // The committer thread cleans behind its answers.
      const range = async (topic: string, partition: number) => {
        const { start, end, bytes } = (await home.topics.list(topic))[partition] as PartitionInfo;
        return { start, end, bytes: bytes as number };
      };
      await expect.poll(async () => (await range('t', 0)).start).toBeGreaterThan(20_000);
      const { start, end, bytes } = await range('t', 0);
      expect(end).toBe(100_000);
      // Cleaned every 8 MB: no more than that beyond what is kept.
      expect(bytes).toBeGreaterThanOrEqual(1_000_000);
      expect(bytes).toBeLessThan(1_000_000 + 9 * 1024 * 1024);
      expect(start % 1000).toBe(0);
      expect(await range('t', 1)).toMatchObject({ start: 0, end: 5000 });
      expect(await range('read', 0)).toMatchObject({ start: 2000, end: 5000 });
      await home.close();
    }
  });

  test('a limit of -1 is none', async () => {
    const home = openLog(temporaryFolder(), { now: () => 1e12 });
    await home.topics.ensure('t', { partitions: 1, retentionMs: -1, retentionBytes: -1 });
    await home.topics.append('t', 0, recordsOf(['old']));
    expect(await readAll(home, 't')).toEqual(['old']);
    await home.close();
  });

  test('compaction keeps the newest record per key, records without key, and all offsets', async () => {
    const home = openLog(temporaryFolder());
    await home.topics.ensure('t', { partitions: 1, compacted: true });
    const filler = 'x'.repeat(2000);
    for (let round = 0; round < 6; round++) {
      const keys = Array.from({ length: 1000 }, (_, index) => (index === 0 ? null : `key ${index % 10}`));
      await home.topics.append(
        't',
        0,
        recordsOf(
          keys.map((key, index) => `${round} ${index} ${key} ${filler}`),
          keys,
        ),
      );
    }
    const records = await home.topics.read('t', 0, 0, 1e9);
    expect(records.count).toBeLessThan(3000);
    const all = (await readAll(home, 't')).map((value) => value?.slice(0, -2001) ?? '');
    expect(all.filter((value) => value.includes('null'))).toHaveLength(6);
    expect(all.slice(-9)).toEqual(Array.from({ length: 9 }, (_, index) => `5 ${991 + index} key ${index + 1}`));
    expect([...records.offset].at(-1)).toBe(5999);
    expect([...records.offset].every((offset, index) => index === 0 || offset > (records.offset[index - 1] as number))).toBe(true);
    expect((await home.topics.list('t'))[0]?.end).toBe(6000);
    await home.close();
  });

  test('a nearly used up budget gives up what all tasks have read, and nothing else', async () => {
    const home = openLog(temporaryFolder(), { maxBytes: 2_000_000 });
    await home.topics.ensure('t', { partitions: 1 });
    await home.epochs.open('reader/0');
    await home.epochs.commit(reader(0, 0));
    for (let block = 0; block < 40; block++) {
      await home.topics.append('t', 0, recordsOf(VALUES.slice(0, 1000)));
      await home.epochs.commit(reader(block * 1000, block * 1000));
    }
    const [info] = await home.topics.list('t');
    expect(info?.end).toBe(40_000);
    expect(info?.start).toBeGreaterThan(10_000);
    expect(info?.start).toBeLessThanOrEqual(39_000);
    await home.close();
  });
});
