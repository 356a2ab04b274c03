import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as millrace from 'millrace';
import { expect, test } from 'vitest';
import { makeBatch } from '../../columnar/index.ts';
import { flow } from '../../streams/index.ts';

test('in tests, millrace means the sources beside it', () => {
  expect(millrace.flow).toBe(flow);
  expect(millrace.makeBatch).toBe(makeBatch);
});

test('in programs, the condition millrace-source means the sources, too', () => {
  const program = "console.log(import.meta.resolve('millrace'), import.meta.resolve('millrace/operators'));";
  const args = ['--conditions=millrace-source', '--input-type=module', '-e', program];
  const { stdout } = spawnSync(process.execPath, args, { cwd: fileURLToPath(new URL('../..', import.meta.url)), encoding: 'utf8' });
  expect(stdout.trim().split(' ')).toEqual([expect.stringMatching(/\/index\.ts$/), expect.stringMatching(/\/operators\/index\.ts$/)]);
  expect(stdout).not.toContain('/dist/');
});
