import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { MillraceProcess } from '../pipeline/crash/millrace-process.ts';
import { millrace } from './command-line.ts';

const PIPELINE = fileURLToPath(new URL('../pipeline/crash/totals-file.ts', import.meta.url));

describe('brokers that cannot be reached', () => {
  test('fail a run after its patience, in one line', { timeout: 60_000 }, async () => {
    const end = await new MillraceProcess(['run', PIPELINE, '--brokers', '127.0.0.1:1', '--patience', '500ms']).end;
    expect(end).toMatchObject({ code: 1, stdout: '' });
    expect(end.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^millrace: UNAVAILABLE: Kafka at 127\.0\.0\.1:1, .*'events': .*ECONNREFUSED.*\(check that the brokers are up/),
    ]);
  });

  test.each([['topics'], ['tail', 'events'], ['state', 'list']])('fail %s the same way', { timeout: 60_000 }, async (...words) => {
    const said = await millrace(...words, '--brokers', '127.0.0.1:1', '--patience', '200ms');
    expect(said).toMatchObject({ code: 1, stdout: [] });
    expect(said.stderr).toEqual([expect.stringMatching(/^millrace: UNAVAILABLE: Kafka at 127\.0\.0\.1:1, .*ECONNREFUSED/)]);
  });
});
