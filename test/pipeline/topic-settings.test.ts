import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLog, topic } from '../../connectors/index.ts';
import { definePipeline, start } from '../../pipeline/index.ts';
import { flow } from '../../streams/index.ts';
import { event, runningTotal, summed } from './example-pipelines.ts';

it('topics are created with the partitions, retention and compaction of their definitions, and stay as they are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-settings-'));
  const home = openLog(folder);
  try {
    await home.topics.ensure('old', { partitions: 2, retentionMs: 1000 });
    const pipeline = definePipeline({
      name: 'kept',
      sources: { events: topic(['events', 'old'], { schema: event, partitions: 2, retention: '7d', retentionBytes: 1e9 }) },
      sinks: { latest: topic('latest', { schema: summed, partitions: 3, compacted: true }) },
      flow: ({ events }) => ({ latest: flow(events, runningTotal()) }),
    });
    await start(pipeline, { home, drain: true }).done;
    const settings = (name: string) => home.topics.ensure(name, { partitions: 1 });
    expect(await settings('events')).toEqual({ partitions: 2, retentionMs: 7 * 86_400_000, retentionBytes: 1e9 });
    expect(await settings('old')).toEqual({ partitions: 2, retentionMs: 1000 });
    expect(await settings('latest')).toEqual({ partitions: 3, compacted: true });
  } finally {
    await home.close();
    rmSync(folder, { recursive: true });
  }
});

it('retention is a duration, and a number of bytes', () => {
  expect(() => topic('events', { schema: event, retentionBytes: 0 })).toThrow(/retentionBytes/);
  expect(() => topic('events', { schema: event, retention: 'a week' as never })).toThrow(/retention/);
});
