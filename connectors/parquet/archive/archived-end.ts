import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { MillraceError } from '../../../streams/index.ts';
import type { ArchivedEnd } from '../../contract/index.ts';
import { readFooter } from '../format/footer.ts';
import type { OriginMetadata } from './file-origin.ts';
import { manifestEpochs, readManifest } from './manifest.ts';

const ORIGIN = 'millrace.origin';
/** Where an archive keeps its files under way. */
export const WORK_FOLDER = '_millrace';

type Ends = Record<string, Record<number, number>>;

/**
 * By topic and partition the offset after the last record that archived files hold, so that whoever read them goes on in the topic exactly there.
 *
 * @throws MillraceError INVALID_OPTION when a file does not tell it, or when rows before that offset are not published yet.
 */
export function archivedEnd(paths: readonly string[]): ArchivedEnd {
  const ends: Ends = {};
  for (const path of paths) addEnds(ends, path);
  for (const folder of workFoldersOf(paths)) refuseUnpublished(ends, folder);
  return ends;
}

function addEnds(ends: Ends, path: string): void {
  const origin = originOf(path);
  for (const { source, partition, first } of origin.sources) {
    // Rows out of an operator's state: those of their batch have a source of their own.
    if (first === null) continue;
    const end = origin.end?.[source]?.[partition];
    if (end === undefined)
      throw unknownEnd(path, `does not tell the last record of '${source}' partition ${partition} that it holds`, {
        hint: 'rows that were joined, or held back by an operator, have no single record: archive the topic itself, or give the offsets (at)',
      });
    ends[source] = { ...ends[source], [partition]: Math.max(end, ends[source]?.[partition] ?? 0) };
  }
}

/** What a file of an archive tells of its rows; INVALID_OPTION for one that tells nothing. */
export function originOf(path: string): OriginMetadata {
  const text = readFooter(path).metadata.get(ORIGIN);
  const hint = 'only files that archive() wrote do; give the offsets (at)';
  if (text === undefined) throw unknownEnd(path, `has no ${ORIGIN} metadata, which tells where its rows end in their topic`, { hint });
  try {
    return JSON.parse(text) as OriginMetadata;
  } catch (cause) {
    throw unknownEnd(path, `has ${ORIGIN} metadata that is no JSON`, { cause, hint });
  }
}

/** The working folders of tasks whose archives the files may belong to. */
function workFoldersOf(paths: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  for (const path of paths) {
    for (let folder = dirname(resolve(path)); !seen.has(folder); folder = dirname(folder)) {
      seen.add(folder);
      const work = join(folder, WORK_FOLDER);
      if (existsSync(work)) for (const task of readdirSync(work)) found.add(join(work, task));
    }
  }
  return found;
}

/** Rows under way are no loss while they all come after the end: else a reader would miss them. */
function refuseUnpublished(ends: Ends, folder: string): void {
  const newest = manifestEpochs(folder).at(-1);
  if (newest === undefined) return;
  const { open, publish } = readManifest(folder, newest);
  const missing = publish.find(({ part }) => existsSync(join(folder, part)));
  const early = open
    .flatMap(({ origin }) => origin.sources)
    .find(({ source, partition, first }) => (first ?? Number.POSITIVE_INFINITY) < (ends[source]?.[partition] ?? 0));
  if (missing === undefined && early === undefined) return;
  const what =
    missing === undefined
      ? `rows of '${early?.source}' partition ${early?.partition} from offset ${early?.first} on are in files under way`
      : `'${missing.final}' is not published yet`;
  throw unknownEnd(folder, `is the working folder of an archive: ${what}`, {
    hint: 'stop the pipeline that archives (or start and stop it, after a crash): it then publishes all its files',
  });
}

const unknownEnd = (path: string, what: string, options: { readonly hint: string; readonly cause?: unknown }) =>
  new MillraceError('INVALID_OPTION', `'${path}' ${what}`, options);
