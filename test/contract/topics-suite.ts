import { describe, expect, test, vi } from 'vitest';
import { type HomeFixture, keysOf, readAll, recordsOf, useHome, valuesOf } from './home-fixture.ts';

/** What every home's topics must do. */
export function topicsSuite(name: string, make: () => Promise<HomeFixture>): void {
  describe(`topics of ${name}`, () => {
    const store = useHome(make);

    test('a topic keeps the settings with which it was made', async () => {
      const topic = store.unique('settings');
      expect((await store.home.topics.ensure(topic, { partitions: 3 })).partitions).toBe(3);
      expect((await store.home.topics.ensure(topic, { partitions: 5 })).partitions).toBe(3);
    });

    test('limits of time and size are kept; none is none', async () => {
      const topic = store.unique('limits');
      const settings = { partitions: 1, retentionMs: 60_000, retentionBytes: 5_000_000 };
      await store.home.topics.ensure(topic, settings);
      expect(await store.home.topics.ensure(topic, { partitions: 1 })).toMatchObject(settings);
      const unlimited = store.unique('unlimited');
      await store.home.topics.ensure(unlimited, { partitions: 1 });
      const found = await store.home.topics.ensure(unlimited, { partitions: 1 });
      expect([found.retentionMs, found.retentionBytes]).toEqual([undefined, undefined]);
    });

    test('records come back as they were appended, per partition and in order', async () => {
      const topic = store.unique('order');
      await store.home.topics.ensure(topic, { partitions: 2 });
      await store.home.topics.append(topic, 0, recordsOf(['a', 'b', null, ''], ['k', null, '', 'é']));
      await store.home.topics.append(topic, 1, recordsOf(['other']));
      await store.home.topics.append(topic, 0, recordsOf(['c']));
      const records = await store.home.topics.read(topic, 0, 0, 1_000_000);
      expect(valuesOf(records)).toEqual(['a', 'b', null, '', 'c']);
      expect(keysOf(records)).toEqual(['k', null, '', 'é', null]);
      expect([...records.offset]).toEqual([0, 1, 2, 3, 4]);
      expect([...records.timestamp]).toEqual([1000, 1001, 1002, 1003, 1000]);
      expect(await readAll(store.home, topic, 1)).toEqual(['other']);
    });

    test('headers are kept', async () => {
      const topic = store.unique('headers');
      await store.home.topics.ensure(topic, { partitions: 1 });
      // One header: key length 1 (zigzag 2) 'k', value length 2 (zigzag 4) 'vw'.
      const headers = Uint8Array.of(2, 2, 107, 4, 118, 119);
      await store.home.topics.append(topic, 0, recordsOf(['x'], ['y'], headers));
      const records = await store.home.topics.read(topic, 0, 0, 1000);
      const start = records.headersStart[0] as number;
      expect([...records.bytes.subarray(start, start + (records.headersLength[0] as number))]).toEqual([...headers]);
    });

    test('reading begins at any offset, ends at the end, and gives at least one record', async () => {
      const topic = store.unique('offsets');
      await store.home.topics.ensure(topic, { partitions: 1 });
      await store.home.topics.append(topic, 0, recordsOf(['0', '1', '2'.repeat(5000)]));
      await store.home.topics.append(topic, 0, recordsOf(['3', '4']));
      const from = async (offset: number) => valuesOf(await store.home.topics.read(topic, 0, offset, 1_000_000));
      expect(await from(1)).toEqual(['1', '2'.repeat(5000), '3', '4']);
      expect(await from(4)).toEqual(['4']);
      expect(await from(5)).toEqual([]);
      expect((await store.home.topics.read(topic, 0, 2, 1)).offset[0]).toBe(2);
      expect(await readAll(store.home, topic, 0, 1)).toHaveLength(5);
    });

    test('the list tells offsets of all partitions', async () => {
      const topic = store.unique('list');
      await store.home.topics.ensure(topic, { partitions: 2 });
      await store.home.topics.append(topic, 1, recordsOf(['a', 'b']));
      const listed = (await store.home.topics.list(topic)).map(({ partition, start, end }) => [partition, start, end]);
      expect(listed).toEqual([
        [0, 0, 0],
        [1, 0, 2],
      ]);
      expect((await store.home.topics.list()).filter((info) => info.topic === topic)).toHaveLength(2);
    });

    test('names come in order; the list tells the bytes that a partition takes', async () => {
      const [first, second] = [store.unique('a-name'), store.unique('b-name')];
      for (const topic of [second, first]) await store.home.topics.ensure(topic, { partitions: 2 });
      await store.home.topics.append(first, 1, recordsOf(['x'.repeat(5000)]));
      const names = await store.home.topics.names();
      expect(names).toEqual(names.toSorted());
      expect(names).toEqual(expect.arrayContaining([first, second]));
      // A broker knows the size of a partition once it has made its folder, a moment after the topic is there.
      await vi.waitFor(async () => {
        const bytes = (await store.home.topics.list(first)).map((info) => info.bytes as number);
        expect(bytes[0]).toBe(0);
        expect(bytes[1]).toBeGreaterThan(50);
      });
    });

    test('a topic that is not there, a partition beyond the last and an impossible name are refused by name', async () => {
      const topic = store.unique('known');
      const missing = store.unique('missing');
      await store.home.topics.ensure(topic, { partitions: 1 });
      await expect(store.home.topics.list(missing)).rejects.toMatchObject({
        code: 'UNKNOWN_TOPIC',
        message: expect.stringContaining(missing),
      });
      await expect(store.home.topics.append(missing, 0, recordsOf(['x']))).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
      await expect(store.home.topics.append(topic, 1, recordsOf(['x']))).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
      await expect(store.home.topics.ensure('no/such name', { partitions: 1 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    });

    test('a removed topic is gone; removing it again is no error', async () => {
      const topic = store.unique('removed');
      await store.home.topics.ensure(topic, { partitions: 1 });
      await store.home.topics.append(topic, 0, recordsOf(['old']));
      await store.home.topics.remove(topic);
      await store.home.topics.remove(topic);
      await expect(store.home.topics.list(topic)).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    });

    test('another handle sees what was appended', async () => {
      const topic = store.unique('handles');
      await store.home.topics.ensure(topic, { partitions: 1 });
      await store.home.topics.append(topic, 0, recordsOf(['seen']));
      const other = await store.open();
      expect(await readAll(other, topic)).toEqual(['seen']);
    });

    test('many records in one append', async () => {
      const topic = store.unique('many');
      await store.home.topics.ensure(topic, { partitions: 1 });
      const values = Array.from({ length: 40_000 }, (_, index) => `value ${index}`);
      await store.home.topics.append(topic, 0, recordsOf(values));
      expect(await readAll(store.home, topic, 0, 100_000)).toEqual(values);
    });
  });
}
