import { MessageChannel } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { openLog } from '../../../connectors/index.ts';
import { Committer } from '../../../connectors/log/committer.ts';
import type { WriteReply, WriteRequest } from '../../../connectors/log/committer-messages.ts';
import { memoryOf } from '../../../connectors/log/log-write.ts';
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

  test('gets blocks with the memory that they lie in, which is used again when it comes back', async () => {
    const { port1, port2 } = new MessageChannel();
    const committer = new Committer(port1, 'log.db');
    const received = new Promise<WriteRequest>((resolve) => port2.once('message', resolve));
    const short = Uint8Array.of(1, 2, 3);
    const long = committer.memory.take(100_000).fill(7);
    const blocks = [short, long].map((bytes) => ({ count: 1, newest: 0, bytes }));
    const done = committer.write({ outputs: [{ topic: 't', partition: 0, blocks }] });
    const { id, write } = await received;
    expect(write.outputs[0]?.blocks.map(({ bytes }) => bytes)).toEqual([Uint8Array.of(1, 2, 3), new Uint8Array(100_000).fill(7)]);
    expect([short.byteLength, long.byteLength]).toEqual([0, 0]);
    const memory = memoryOf(write);
    port2.postMessage({ id, fault: undefined, memory } satisfies WriteReply, memory);
    await done;
    expect(committer.memory.take(100_000)[99_999]).toBe(7);
    committer.close();
  });
});
