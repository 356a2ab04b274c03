import { globSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { unreadable } from '../format/unreadable.ts';
import type { InputFile } from './column-plan.ts';

/**
 * The files that paths, folders and globs name, each once, in the order of their names: of a folder all `*.parquet` below it. Files and folders whose
 * names begin with `_` or `.` are passed over, as Hive does.
 *
 * @throws MillraceError FILE_UNREADABLE when a path names nothing.
 */
export function findFiles(paths: readonly string[]): InputFile[] {
  const found = new Map<string, InputFile>();
  for (const path of paths) for (const file of expand(path)) found.set(file, { path: file, partition: partitionOf(file) });
  return [...found.values()];
}

function expand(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile()) return [path];
  if (stat === undefined && !/[*?[{]/.test(path)) throw unreadable(path, 'there is no such file');
  const pattern = stat?.isDirectory() ? `${path.replace(/[/\\]+$/, '')}/**/*.parquet` : path;
  const fixed = pattern.split(/[*?[{]/)[0] ?? '';
  const files = globSync(pattern)
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
    .filter((file) => !/(^|[/\\])[._]/.test(file.slice(fixed.length)))
    .sort();
  if (files.length === 0) throw unreadable(path, stat === undefined ? 'no file matches it' : 'the folder holds no *.parquet files');
  return files;
}

/** Columns that a file's folders name, outermost first: `year=2024/month=03`. */
function partitionOf(file: string): ReadonlyMap<string, string> {
  const columns = new Map<string, string>();
  for (const folder of file.split(sep).slice(0, -1)) {
    const match = /^([^=]+)=(.*)$/.exec(folder);
    if (match !== null) columns.set(unescaped(match[1] as string), unescaped(match[2] as string));
  }
  return columns;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
