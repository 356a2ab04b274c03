import { expect, test, vi } from 'vitest';
import { openLog } from '../../../connectors/index.ts';
import { BlockTable } from '../../../connectors/log/block-table.ts';
import { LogDatabase } from '../../../connectors/log/log-database.ts';
import { recordsOf } from '../../contract/home-fixture.ts';
import { temporaryFolders } from './temporary-folder.ts';

const temporaryFolder = temporaryFolders();

test('a partition of many small blocks is outlined as far as it is asked for, and its oldest blocks go at once', async () => {
  const folder = temporaryFolder();
  const home = openLog(folder);
  await home.topics.ensure('t', { partitions: 2 });
  for (let block = 0; block < 600; block++) await home.topics.append('t', 0, recordsOf(['a', 'b', 'c']));
  await home.topics.append('t', 1, recordsOf(['other']));
  const database = new LogDatabase(folder);
  const [topic] = database.all<{ id: number }>("SELECT id FROM topics WHERE name = 't'");
  const key = { topic: topic?.id as number, partition: 0 };
  const table = new BlockTable(database);

  const queries = vi.spyOn(database, 'all');
  const all = [...table.outlines(key)];
  expect(all.map(({ base }) => base)).toEqual(Array.from({ length: 600 }, (_, block) => block * 3));
  expect(all.map(({ next }) => next)).toEqual([...all.slice(1).map(({ base }) => base), null]);
  expect(all.every(({ size }) => size === all[0]?.size)).toBe(true);
  expect(queries.mock.results.map(({ value }) => (value as readonly unknown[]).length)).toEqual([257, 257, 88]);

  queries.mockClear();
  for (const { base } of table.outlines(key)) if (base >= 30) break;
  expect(queries).toHaveBeenCalledTimes(1);

  table.removeBelow(key, 1500);
  expect([...table.outlines(key)].map(({ base }) => base)).toEqual(Array.from({ length: 100 }, (_, block) => 1500 + block * 3));
  expect([...table.outlines({ ...key, partition: 1 })]).toHaveLength(1);
  database.close();
  await home.close();
});
