// Builds the kernels after `npm ci`. An install without development dependencies has no compiler for them and gets a word instead.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
if (existsSync(new URL('node_modules/assemblyscript', root))) {
  await import('./require-node.mjs');
  const build = fileURLToPath(new URL('scripts/build-kernels.ts', root));
  process.exitCode = spawnSync(process.execPath, [build], { stdio: 'inherit' }).status ?? 1;
} else {
  console.warn('millrace: development dependencies are absent, so the kernels were not built.');
}
