import { expect, it } from 'vitest';
import { memoryStore } from '../../../connectors/index.ts';
import { epochStoreSuite } from '../../contract/epoch-store-suite.ts';
import { commitRecord, recordsOf } from '../../contract/home-fixture.ts';
import { sourceSuite } from '../../contract/source-suite.ts';
import { topicsSuite } from '../../contract/topics-suite.ts';

const fixture = async () => {
  const store = memoryStore();
  return { open: async () => store.open() };
};

topicsSuite('memory', fixture);
epochStoreSuite('memory', fixture);
sourceSuite('memory', fixture);

it('keeps so many bytes of a partition, as whole blocks, and what a task would read again', async () => {
  const home = memoryStore().open();
  await home.topics.ensure('t', { partitions: 1, retentionBytes: 1000 });
  await home.topics.ensure('read', { partitions: 1, retentionBytes: 1 });
  await home.epochs.open('reader/0');
  const positions = (offset: number) => ({ in: { read: offset } });
  const snapshot = { epoch: 1, positions: positions(4), nextOrdinal: 0, cells: [] };
  await home.epochs.commit({ record: commitRecord('reader/0', 1, { positions: positions(9), snapshotEpoch: 1 }), outputs: [], snapshot });
  for (let round = 0; round < 20; round++) {
    for (const topic of ['t', 'read']) await home.topics.append(topic, 0, recordsOf(['x'.repeat(100), 'y'.repeat(100)]));
  }
  const [kept] = await home.topics.list('t');
  const block = (kept?.bytes as number) / (((kept?.end as number) - (kept?.start as number)) / 2);
  expect(kept?.end).toBe(40);
  expect(kept?.bytes).toBeGreaterThanOrEqual(1000);
  expect(kept?.bytes).toBeLessThan(1000 + block);
  expect([...(await home.topics.read('t', 0, 0, 1e6)).offset][0]).toBe(kept?.start);
  expect((await home.topics.list('read'))[0]).toMatchObject({ start: 4, end: 40 });
});
