import { MessageChannel } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { openLog } from '../../../connectors/index.ts';
import { Committer } from '../../../connectors/log/committer.ts';
import type { WriteRequest } from '../../../connectors/log/committer-messages.ts';
import { ThreadSignal } from '../../../connectors/log/thread-signal.ts';
import { commitRecord, readAll, recordsOf } from '../../contract/home-fixture.ts';
import { temporaryFolders } from './temporary-folder.ts';

const temporaryFolder = temporaryFolders();

describe('a committer thread', () => {
  test('takes the writes of several homes, and is done with all of them when it is closed', async () => {
    const folder = temporaryFolder();
    const first = openLog(folder, { committer: true });
    const second = openLog(folder, { exclusive: false, committer: first.committerPort?.() ?? false });
    await first.topics.ensure('t', { partitions: 2 });
    const tasks = [
      [first, 0],
      [second, 1],
    ] as const;
    for (const [home, partition] of tasks) await home.epochs.open(`p/${partition}`);
    const commits = Array.from({ length: 50 }, (_, index) => index + 1).flatMap((epoch) =>
      tasks.map(([home, partition]) =>
        home.epochs.commit({
          record: commitRecord(`p/${partition}`, epoch),
          outputs: [{ topic: 't', partition, records: recordsOf([`${epoch}`]) }],
        }),
      ),
    );
    await Promise.all(commits);
    await second.close();
    await first.topics.append('t', 0, recordsOf(['last']));
    await first.close();
    const after = openLog(folder, { readOnly: true });
    const epochs = Array.from({ length: 50 }, (_, index) => `${index + 1}`);
    expect(await readAll(after, 't', 0)).toEqual([...epochs, 'last']);
    expect(await readAll(after, 't', 1)).toEqual(epochs);
    expect((await after.epochs.peek('p/')).map(({ epoch }) => epoch)).toEqual([50, 50]);
    await after.close();
  });

  test('wakes the sources of all threads', async () => {
    const home = openLog(temporaryFolder(), { committer: true });
    await home.topics.ensure('t', { partitions: 1 });
    const signal = new ThreadSignal(home.address);
    const woken = signal.wait(60_000);
    await home.topics.append('t', 0, recordsOf(['a']));
    await woken;
    signal.close();
    await home.close();
  });

  test('that has ended fails what waits for it and what comes after', async () => {
    const { port1, port2 } = new MessageChannel();
    const committer = new Committer(port1, 'log.db');
    const waits = committer.write({ outputs: [] });
    port2.close();
    await expect(waits).rejects.toMatchObject({ code: 'STORE_FAILED', message: 'the thread that writes log.db has ended' });
    await expect(committer.write({ outputs: [] })).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  test('gets blocks as they are, and of those that are a part of more bytes only that part', async () => {
    const { port1, port2 } = new MessageChannel();
    const committer = new Committer(port1, 'log.db');
    const received = new Promise<WriteRequest>((resolve) => port2.once('message', resolve));
    const own = Uint8Array.of(1, 2, 3);
    const part = new Uint8Array(1000).fill(7).subarray(10, 12);
    const blocks = [own, part].map((bytes) => ({ count: 1, newest: 0, bytes }));
    const done = committer.write({ outputs: [{ topic: 't', partition: 0, blocks }] });
    const { id, write } = await received;
    const bytes = write.outputs[0]?.blocks.map((block) => block.bytes);
    expect(bytes).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(7, 7)]);
    expect(bytes?.[1]?.buffer.byteLength).toBe(2);
    expect(own.byteLength).toBe(0);
    port2.postMessage({ id, fault: undefined });
    await done;
    committer.close();
  });
});
