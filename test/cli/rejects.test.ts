import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { start } from '../../pipeline/index.ts';
import { recordsOf } from '../contract/plain-records.ts';
import { publish, readings, totalsPipeline } from '../pipeline/example-pipelines.ts';
import { millrace } from './command-line.ts';
import { withLog } from './topic-records.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-rejects-'));
const here = ['--state', join(root, 'state')];
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('millrace rejects finds the topic of rejects by itself, and asks where there are several', async () => {
  const state = here[1] as string;
  await withLog(state, (home) => publish(home, 'events', readings(3)));
  const none = await millrace('rejects', ...here);
  expect([none.code, none.stderr]).toEqual([1, [expect.stringMatching(/^millrace: UNKNOWN_TOPIC: no topic at .* ends in \.rejects$/)]]);

  await withLog(state, (home) => home.topics.append('events', 0, recordsOf(['not JSON'])));
  await start(totalsPipeline(), { state, drain: true }).done;
  const one = await millrace('rejects', ...here);
  expect(one).toMatchObject({ code: 0, stderr: [] });
  expect(one.stdout.join('\n')).toContain('events/0 offset 3');

  await withLog(state, (home) => home.topics.ensure('other.rejects', { partitions: 1 }));
  const several = await millrace('rejects', ...here);
  expect(several).toMatchObject({ code: 1, stderr: [expect.stringMatching(/several topics of rejects: other\.rejects, totals\.rejects/)] });
});
