import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Imports the guard in a process that says it is Node `version`. */
function guard(version: string) {
  const module = new URL('../../scripts/require-node.mjs', import.meta.url).href;
  const program = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } }); await import('${module}'); console.log('went on');`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
}

test.each(['20.20.2', '22.12.0'])('Node %s is refused with the way out', (version) => {
  const { status, stdout, stderr } = guard(version);
  expect(stderr).toContain(`Node 24 or newer is needed; this is Node ${version}`);
  expect(stderr).toContain('--ignore-scripts');
  expect(stdout).toBe('');
  expect(status).toBe(1);
});

test.each(['24.0.0', '26.10.0'])('Node %s goes on', (version) => {
  expect(guard(version)).toMatchObject({ status: 0, stdout: 'went on\n', stderr: '' });
});
