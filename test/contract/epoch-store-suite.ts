import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../connectors/index.ts';
import { commitRecord, type HomeFixture, readAll, recordsOf, useHome } from './home-fixture.ts';

const snapshotOf = (epoch: number, bytes: Uint8Array): Snapshot => ({
  epoch,
  positions: { readings: { readings: epoch * 10 } },
  nextOrdinal: epoch * 10,
  cells: [
    { id: 'impute', version: 1, bytes },
    { id: 'learn', version: 2, bytes: new Uint8Array(0) },
  ],
});

/** What every epoch store must do. */
export function epochStoreSuite(name: string, make: () => Promise<HomeFixture>): void {
  describe(`epochs of ${name}`, () => {
    const store = useHome(make);

    test('a task that never committed has no record', async () => {
      const task = store.unique('fresh');
      expect(await store.home.epochs.open(task)).toBeUndefined();
      expect(await store.home.epochs.readSnapshot(task, 1)).toBeUndefined();
    });

    test('the newest commit record comes back, outputs are visible with it', async () => {
      const { epochs, topics } = store.home;
      const task = store.unique('commit');
      const topic = store.unique('outputs');
      await topics.ensure(topic, { partitions: 2 });
      await epochs.open(task);
      await epochs.commit({ record: commitRecord(task, 1), outputs: [{ topic, partition: 0, records: recordsOf(['a', 'b']) }] });
      await epochs.commit({
        record: commitRecord(task, 2, { ended: true }),
        outputs: [
          { topic, partition: 0, records: recordsOf(['c']) },
          { topic, partition: 1, records: recordsOf(['d']) },
        ],
      });
      expect(await readAll(store.home, topic, 0)).toEqual(['a', 'b', 'c']);
      expect(await readAll(store.home, topic, 1)).toEqual(['d']);
      const again = await store.open();
      expect(await again.epochs.open(task)).toEqual(commitRecord(task, 2, { ended: true }));
    });

    test('an epoch without outputs commits its positions', async () => {
      const task = store.unique('quiet');
      await store.home.epochs.open(task);
      await store.home.epochs.commit({ record: commitRecord(task, 1), outputs: [] });
      expect((await store.home.positions()).get(task)).toEqual(commitRecord(task, 1).positions);
    });

    test('outputs published ahead are visible with their commit, in order, or never', async () => {
      const { epochs, topics } = store.home;
      const task = store.unique('ahead');
      const topic = store.unique('ahead-outputs');
      await topics.ensure(topic, { partitions: 1 });
      const output = (...values: string[]) => [{ topic, partition: 0, records: recordsOf(values) }];
      await epochs.open(task);
      if (epochs.publish === undefined) return;
      await epochs.publish(task, output('a', 'b'));
      await epochs.publish(task, output('c'));
      expect(await readAll(store.home, topic, 0)).toEqual([]);
      await epochs.commit({ record: commitRecord(task, 1), outputs: output('d') });
      await epochs.publish(task, output('lost'));
      const again = await store.open();
      expect(await again.epochs.open(task)).toEqual(commitRecord(task, 1));
      await again.epochs.commit({ record: commitRecord(task, 2), outputs: output('e') });
      await expect(epochs.publish(task, output('late'))).rejects.toMatchObject({ code: 'FENCED' });
      expect(await readAll(again, topic, 0)).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    test('a commit that fails changes nothing', async () => {
      const { epochs, topics } = store.home;
      const task = store.unique('atomic');
      const topic = store.unique('atomic-outputs');
      await topics.ensure(topic, { partitions: 1 });
      await epochs.open(task);
      await epochs.commit({ record: commitRecord(task, 1), outputs: [] });
      const failing = epochs.commit({
        record: commitRecord(task, 2),
        outputs: [
          { topic, partition: 0, records: recordsOf(['must not appear']) },
          { topic: store.unique('missing'), partition: 0, records: recordsOf(['x']) },
        ],
      });
      await expect(failing).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
      expect(await readAll(store.home, topic)).toEqual([]);
      expect((await epochs.open(task))?.epoch).toBe(1);
    });

    test('a newer owner fences the older one', async () => {
      const task = store.unique('fenced');
      const topic = store.unique('fenced-outputs');
      await store.home.topics.ensure(topic, { partitions: 1 });
      const [older, newer] = [store.home, await store.open()];
      await older.epochs.open(task);
      await older.epochs.commit({ record: commitRecord(task, 1), outputs: [] });
      expect((await newer.epochs.open(task))?.epoch).toBe(1);
      const late = older.epochs.commit({
        record: commitRecord(task, 2),
        outputs: [{ topic, partition: 0, records: recordsOf(['zombie']) }],
      });
      await expect(late).rejects.toMatchObject({ code: 'FENCED' });
      await newer.epochs.commit({ record: commitRecord(task, 2, { nextOrdinal: 99 }), outputs: [] });
      expect(await readAll(store.home, topic)).toEqual([]);
      expect((await newer.epochs.peek(task))[0]?.nextOrdinal).toBe(99);
    });

    test('snapshots come back byte for byte, and go when a newer one is committed', async () => {
      const { epochs } = store.home;
      const task = store.unique('snapshot');
      const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 31) & 255);
      await epochs.open(task);
      await epochs.commit({ record: commitRecord(task, 1, { snapshotEpoch: 1 }), outputs: [], snapshot: snapshotOf(1, bytes) });
      await epochs.commit({ record: commitRecord(task, 2, { snapshotEpoch: 1 }), outputs: [] });
      const kept = await epochs.readSnapshot(task, 1);
      expect(kept?.cells.map(({ id, version }) => [id, version])).toEqual([
        ['impute', 1],
        ['learn', 2],
      ]);
      expect(Buffer.from(kept?.cells[0]?.bytes ?? []).equals(Buffer.from(bytes))).toBe(true);
      expect({ ...kept, cells: [] }).toEqual({ ...snapshotOf(1, bytes), cells: [] });
      await epochs.commit({ record: commitRecord(task, 3, { snapshotEpoch: 3 }), outputs: [], snapshot: snapshotOf(3, Uint8Array.of(1)) });
      expect((await epochs.readSnapshot(task, 3))?.cells[0]?.bytes).toEqual(Uint8Array.of(1));
    });

    test('a snapshot is a copy: changing the bytes after the commit does not change it', async () => {
      const { epochs } = store.home;
      const task = store.unique('copy');
      const bytes = Uint8Array.of(1, 2, 3);
      await epochs.open(task);
      await epochs.commit({ record: commitRecord(task, 1, { snapshotEpoch: 1 }), outputs: [], snapshot: snapshotOf(1, bytes) });
      bytes.fill(9);
      expect((await epochs.readSnapshot(task, 1))?.cells[0]?.bytes).toEqual(Uint8Array.of(1, 2, 3));
    });

    test('peek finds tasks by the beginning of their name, without taking them over', async () => {
      const { epochs } = store.home;
      const prefix = store.unique('pipeline');
      for (const partition of [0, 1]) {
        await epochs.open(`${prefix}.${partition}`);
        await epochs.commit({ record: commitRecord(`${prefix}.${partition}`, 1), outputs: [] });
      }
      const other = await store.open();
      expect((await other.epochs.peek(prefix)).map((record) => record.task).sort()).toEqual([`${prefix}.0`, `${prefix}.1`]);
      await epochs.commit({ record: commitRecord(`${prefix}.0`, 2), outputs: [] });
    });

    test('a forgotten task begins anew', async () => {
      const { epochs } = store.home;
      const task = store.unique('forgotten');
      await epochs.open(task);
      await epochs.commit({ record: commitRecord(task, 1, { snapshotEpoch: 1 }), outputs: [], snapshot: snapshotOf(1, Uint8Array.of(1)) });
      await epochs.release(task);
      await epochs.forget(task);
      expect(await epochs.open(task)).toBeUndefined();
      expect(await epochs.readSnapshot(task, 1)).toBeUndefined();
      expect((await store.home.positions()).has(task)).toBe(false);
    });

    test('a released task can be opened again, by anyone', async () => {
      const task = store.unique('released');
      await store.home.epochs.open(task);
      await store.home.epochs.commit({ record: commitRecord(task, 1), outputs: [] });
      await store.home.epochs.release(task);
      await expect(store.home.epochs.commit({ record: commitRecord(task, 2), outputs: [] })).rejects.toMatchObject({ code: 'FENCED' });
      expect((await store.home.epochs.open(task))?.epoch).toBe(1);
    });
  });
}
