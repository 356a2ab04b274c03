import { type BigIntStats, promises as fs } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { unreadable } from './file-error.ts';

/** A file to read, told apart by its inode: a rotated file stays the same file under another name. */
export interface InputFile {
  readonly path: string;
  readonly inode: string;
  readonly size: number;
  /** When the file was made, ms: the timestamp of its records, since nothing else about it is constant. */
  readonly born: number;
}

/**
 * The files that are to be read, in order: those of a folder by name, or one file, and before it files beside it that were read before (`known` inodes): what rotation made
 * of it.
 */
export async function listFiles(path: string, pattern: RegExp | undefined, known: ReadonlySet<string>): Promise<InputFile[]> {
  const stats = await statOf(path);
  if (stats.isDirectory()) {
    const names = (await fs.readdir(path)).sort().filter((name) => pattern === undefined || pattern.test(name));
    const files = await Promise.all(names.map(async (name) => [join(path, name), await statOf(join(path, name))] as const));
    return files.filter(([, file]) => file.isFile()).map(([file, stat]) => inputFile(file, stat));
  }
  const current = inputFile(path, stats);
  return [...(await rotatedFiles(path, current.inode, known)), current];
}

/** Files beside `path` whose name begins as its own and that were read before, the oldest first. */
async function rotatedFiles(path: string, current: string, known: ReadonlySet<string>): Promise<InputFile[]> {
  if ([...known].every((inode) => inode === current)) return [];
  const folder = dirname(path);
  const names = (await fs.readdir(folder)).filter((name) => name !== basename(path) && name.startsWith(basename(path)));
  const files = await Promise.all(names.map(async (name) => inputFile(join(folder, name), await statOf(join(folder, name)))));
  return files.filter((file) => known.has(file.inode)).sort((a, b) => a.born - b.born);
}

async function statOf(path: string): Promise<BigIntStats> {
  try {
    return await fs.stat(path, { bigint: true });
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

const inputFile = (path: string, stats: BigIntStats): InputFile => ({
  path,
  inode: String(stats.ino),
  size: Number(stats.size),
  born: Number(stats.birthtimeMs > 0n ? stats.birthtimeMs : stats.ctimeMs),
});
