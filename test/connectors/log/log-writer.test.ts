import { expect, test } from 'vitest';
import { SpareMemory } from '../../../columnar/index.ts';
import { openLog } from '../../../connectors/index.ts';
import { encodeBlocks } from '../../../connectors/log/encode-blocks.ts';
import { LogDatabase } from '../../../connectors/log/log-database.ts';
import type { LogWrite } from '../../../connectors/log/log-write.ts';
import { LogWriter } from '../../../connectors/log/log-writer.ts';
import { readAll, recordsOf } from '../../contract/home-fixture.ts';
import { temporaryFolders } from './temporary-folder.ts';

const temporaryFolder = temporaryFolders();

const append = (topic: string, values: readonly string[]): LogWrite => ({
  outputs: [{ topic, partition: 0, blocks: encodeBlocks(recordsOf(values), new SpareMemory()) }],
});
const commit = (task: string, token: string | undefined): LogWrite['commit'] => ({ task, token, epoch: 1, record: '{}', snapshotEpoch: 0 });

test('writes of one transaction: what is fenced or has no topic does nothing, the others are done in order', async () => {
  const folder = temporaryFolder();
  const home = openLog(folder);
  await home.topics.ensure('t', { partitions: 1 });
  const database = new LogDatabase(folder);
  database.run("INSERT INTO owners (task, token) VALUES ('p/0', 'mine'), ('p/1', 'another')");
  const faults = new LogWriter(database.sqlite).write([
    { ...append('t', ['a', 'b']), commit: commit('p/0', 'mine') },
    { ...append('t', ['zombie']), commit: commit('p/1', 'mine') },
    { ...append('t', ['never opened']), commit: commit('p/2', undefined) },
    { outputs: [...append('t', ['half']).outputs, ...append('gone', ['half']).outputs] },
    append('t', ['c']),
  ]);
  expect(faults).toEqual([
    undefined,
    { kind: 'fenced', task: 'p/1', opened: true },
    { kind: 'fenced', task: 'p/2', opened: false },
    { kind: 'missing', topic: 'gone', partition: 0 },
    undefined,
  ]);
  expect(await readAll(home, 't')).toEqual(['a', 'b', 'c']);
  expect(database.all('SELECT task FROM commits')).toEqual([{ task: 'p/0' }]);
  database.close();
  await home.close();
});

test('a write that does not fit on the disk fails alone', async () => {
  const folder = temporaryFolder();
  const home = openLog(folder);
  await home.topics.ensure('t', { partitions: 1 });
  const database = new LogDatabase(folder, { maxBytes: 1_500_000 });
  const large = 'x'.repeat(2_000_000);
  const faults = new LogWriter(database.sqlite).write([append('t', ['a']), append('t', [large]), append('t', ['b'])]);
  expect(faults).toEqual([undefined, { kind: 'failed', message: expect.stringMatching(/full/), errcode: 13 }, undefined]);
  expect(await readAll(home, 't')).toEqual(['a', 'b']);
  expect((await home.topics.read('t', 0, 1, 100)).offset).toEqual(Float64Array.of(1));
  database.close();
  await home.close();
});
