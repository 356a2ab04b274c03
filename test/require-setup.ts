import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHARED_STATE_VARIABLE, stopSharedBroker } from './kafka.ts';

/** Runs once around all test files: gives them a folder to share a broker through, and leaves nothing behind. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  process.env[SHARED_STATE_VARIABLE] = folder;
  return () => {
    stopSharedBroker(folder);
    if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  };
}
