import { MillraceError } from '../../../streams/index.ts';

/** FILE_UNREADABLE: the file, where in it, what is wrong, and what can be done. */
export function unreadable(path: string, what: string, options: { readonly hint?: string; readonly cause?: unknown } = {}): MillraceError {
  return new MillraceError('FILE_UNREADABLE', `cannot read '${path}': ${what}`, options);
}
