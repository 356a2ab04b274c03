import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MillraceError } from '../../../streams/index.ts';
import type { PartRecord } from './part-file.ts';

/** A finished file and where it belongs. Paths are relative: of `part` to the working folder, of `final` to the archive's root. */
export interface Publication {
  readonly part: string;
  readonly final: string;
}

/** What a sink holds at the end of an epoch: the files under way, and those to publish with it. */
export interface Manifest {
  readonly version: 1;
  readonly epoch: number;
  /** Columns of the rows under way. */
  readonly schema: string;
  readonly nextFile: number;
  readonly open: readonly PartRecord[];
  readonly publish: readonly Publication[];
}

const NAME = /^epoch-(\d+)\.json$/;

/** Epochs of which `directory` holds a manifest, ascending. */
export function manifestEpochs(directory: string): number[] {
  if (!existsSync(directory)) return [];
  const epochs = readdirSync(directory).flatMap((name) => NAME.exec(name)?.[1] ?? []);
  return epochs.map(Number).sort((left, right) => left - right);
}

/** Writes a manifest so that it is there whole or not at all. */
export function writeManifest(directory: string, manifest: Manifest): void {
  const path = manifestPath(directory, manifest.epoch);
  const file = openSync(`${path}.new`, 'w');
  writeSync(file, JSON.stringify(manifest));
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
  syncFolder(directory);
}

/** @throws MillraceError STORE_DAMAGED when it is no manifest. */
export function readManifest(directory: string, epoch: number): Manifest {
  const path = manifestPath(directory, epoch);
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    if (manifest.version === 1 && manifest.epoch === epoch) return manifest;
  } catch (cause) {
    throw new MillraceError('STORE_DAMAGED', `'${path}' cannot be read: ${(cause as Error).message}`, { cause });
  }
  throw new MillraceError('STORE_DAMAGED', `'${path}' is not a manifest of epoch ${epoch}`, { hint: 'begin anew with --fresh' });
}

export function deleteManifest(directory: string, epoch: number): void {
  rmSync(manifestPath(directory, epoch), { force: true });
}

const manifestPath = (directory: string, epoch: number): string => join(directory, `epoch-${epoch}.json`);

/** Gives finished files their names. May be repeated: a file that already has its name is passed over. */
export function publish(root: string, directory: string, publications: readonly Publication[]): void {
  const folders = new Set<string>();
  for (const { part, final } of publications) {
    const from = join(directory, part);
    const to = join(root, final);
    if (!existsSync(from)) {
      if (existsSync(to)) continue;
      throw new MillraceError('STORE_DAMAGED', `'${to}' was prepared as '${from}', but both are gone`);
    }
    mkdirSync(dirname(to), { recursive: true });
    renameSync(from, to);
    folders.add(dirname(to));
  }
  for (const folder of folders) syncFolder(folder);
}

/** Makes the names in a folder durable. */
function syncFolder(folder: string): void {
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
