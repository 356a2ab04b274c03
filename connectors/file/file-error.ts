import { MillraceError } from '../../streams/index.ts';

/** FILE_UNREADABLE for what the file system threw, naming the file. */
export function unreadable(file: string, thrown: unknown): MillraceError {
  if (thrown instanceof MillraceError) return thrown;
  const { code, message } = thrown as NodeJS.ErrnoException;
  const packed = code?.startsWith('Z_') ? `it is damaged, or no gzip file (${message})` : message;
  const reason = code === 'ENOENT' ? 'it does not exist' : code === 'EACCES' ? 'it may not be read' : packed;
  return new MillraceError('FILE_UNREADABLE', `cannot read ${file}: ${reason}`, { cause: thrown });
}

/** SINK_FAILED for what the file system threw, naming the file. */
export function unwritable(file: string, thrown: unknown): MillraceError {
  if (thrown instanceof MillraceError) return thrown;
  const { code, message } = thrown as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new MillraceError('SINK_FAILED', `cannot write ${file}: ${full ? 'no space left' : message}`, {
    retry: full ? 'backoff' : 'never',
    hint: full ? 'free disk space' : 'check that the folder exists and may be written',
    cause: thrown,
  });
}
