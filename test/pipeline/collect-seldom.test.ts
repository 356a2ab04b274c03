import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const MODULE = new URL('../../pipeline/collect-seldom.ts', import.meta.url).href;

/** Columns come and go beside a heap that stays as it is; returns how often the whole heap was collected. */
function collections(first: string): number {
  const code = `${first}; const kept = Array.from({ length: 2e5 }, (_, i) => ({ i })); let held = [];
    for (let i = 0; i < 60000; i++) { held.push(new Float64Array(4096).fill(i)); if (held.length > 100) held = []; } if (kept.length === 0) throw held;`;
  // On one thread: how soon helper threads come to mark the heap depends on the machine's load.
  const flags = ['--trace-gc', '--single-threaded-gc', '--input-type=module'];
  const { stdout, status } = spawnSync(process.execPath, [...flags, '-e', code], { encoding: 'utf8' });
  expect(status).toBe(0);
  return stdout.split('Mark-Compact').length - 1;
}

test('the heap is collected less often when buffers are weighed with it', () => {
  const often = collections('');
  expect(often).toBeGreaterThan(4);
  expect(collections(`(await import('${MODULE}')).collectSeldom()`)).toBeLessThan(often / 2);
});
