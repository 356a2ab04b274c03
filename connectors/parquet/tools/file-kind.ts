import { extname } from 'node:path';
import { MillraceError } from '../../../streams/index.ts';

/** What `convert` reads and writes. */
export type FileKind = 'parquet' | 'csv' | 'ndjson' | 'arrow';

const KINDS: Readonly<Record<string, FileKind>> = {
  '.parquet': 'parquet',
  '.csv': 'csv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.arrow': 'arrow',
  '.arrows': 'arrow',
  '.ipc': 'arrow',
};

/** The kind of a file by the end of its name. @throws MillraceError INVALID_OPTION */
export function fileKind(path: string): FileKind {
  const kind = KINDS[extname(path).toLowerCase()];
  if (kind === undefined)
    throw new MillraceError('INVALID_OPTION', `'${path}' has no known ending`, { hint: `known: ${Object.keys(KINDS).join(', ')}` });
  return kind;
}
