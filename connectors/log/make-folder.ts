import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder, and those above it that are missing. Node's own recursive way never returns where a file system refuses with ENOENT although the parent is there, as /proc does.
 *
 * @throws what the file system throws.
 */
export function makeFolder(folder: string): void {
  const path = resolve(folder);
  if (!existsSync(dirname(path))) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (thrown) {
    if (!isFolder(path)) throw thrown;
  }
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
