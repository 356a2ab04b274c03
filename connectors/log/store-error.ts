import { MillraceError } from '../../streams/index.ts';

/** Primary result codes of SQLite, https://sqlite.org/rescode.html */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const TOO_BIG = 18;
const NOT_A_DATABASE = 26;
/** Extended code: a page ends early, which means that the file was cut. */
const SHORT_READ = 522;

/** The one error for what SQLite or the file system threw: what happened to which file and what to do. */
export function storeError(thrown: unknown, file: string): MillraceError {
  if (thrown instanceof MillraceError) return thrown;
  const code = (thrown as { errcode?: number }).errcode;
  const cause = thrown;
  if (code === undefined) return fileError(thrown, file);
  const primary = code & 0xff;
  if (primary === CORRUPT || primary === NOT_A_DATABASE || code === SHORT_READ) return damaged(file, messageOf(thrown), cause);
  if (primary === BUSY || primary === LOCKED) {
    return new MillraceError('STORE_FAILED', `${file} is being written by another process for too long`, { retry: 'backoff', cause });
  }
  if (primary === FULL) {
    return new MillraceError('STORE_FAILED', `no space left for ${file}; what was committed before is safe`, {
      hint: 'free disk space or raise the budget (logBytes), then start again',
      cause,
    });
  }
  if (primary === READONLY || primary === CANNOT_OPEN || primary === IO_ERROR) {
    return new MillraceError('STORE_FAILED', `cannot ${primary === READONLY ? 'write' : 'open or write'} ${file}: ${messageOf(thrown)}`, {
      hint: 'check that the folder exists and may be written, or choose another with --state',
      cause,
    });
  }
  if (primary === TOO_BIG) return new MillraceError('STATE_TOO_LARGE', `a record block or state cell is too large for ${file}`, { cause });
  return new MillraceError('STORE_FAILED', `${file}: ${messageOf(thrown)}`, { cause });
}

/** STORE_DAMAGED: bytes that are not what was written are never served. */
export function damaged(file: string, what: string, cause?: unknown): MillraceError {
  return new MillraceError('STORE_DAMAGED', `${file} is damaged: ${what}`, {
    hint: 'restore the file from a backup, or move it away and begin anew',
    cause,
  });
}

function fileError(thrown: unknown, file: string): MillraceError {
  return new MillraceError('STORE_FAILED', `cannot open ${file}: ${messageOf(thrown)}`, {
    hint: 'check that the folder exists and may be written, or choose another with --state',
    cause: thrown,
  });
}

const messageOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));
