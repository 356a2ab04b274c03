import { expect, test } from 'vitest';
import type { CommitRecord } from '../../../connectors/index.ts';
import { retentionFloors } from '../../../connectors/topic-source/index.ts';

const commit = (task: string, offset: number, more: Partial<CommitRecord> = {}): CommitRecord => ({
  version: 1,
  task,
  epoch: 9,
  positions: { events: { readings: offset } },
  nextOrdinal: offset,
  digest: {},
  snapshotEpoch: 7,
  journal: [],
  ended: false,
  committedAt: 0,
  summary: {},
  ...more,
});

test('records are kept from the newest snapshot of every task and savepoint on, not from those of copies', () => {
  const offsets = new Map([
    ['p/0', 50],
    ['p/1', 40],
    ['p.savepoint.monday/0', 30],
    ['p.kept/0', 10],
  ]);
  const restored = (task: string) => ({ events: { readings: offsets.get(task) as number } });
  const tasks = [commit('p/0', 100), commit('p/1', 90)];
  const copy = commit('p.kept/0', 10, { copyOf: 'p/0' });
  expect(retentionFloors([...tasks, copy], restored)).toEqual(new Map([['readings', 40]]));
  expect(retentionFloors([...tasks, commit('p.savepoint.monday/0', 30), copy], restored)).toEqual(new Map([['readings', 30]]));
});
