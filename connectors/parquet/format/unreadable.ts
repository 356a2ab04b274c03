import { MillraceError } from '../../../streams/index.ts';

/** FILE_UNREADABLE: the file, where in it, what is wrong, and what can be done. */
export function unreadable(path: string, what: string, options: { readonly hint?: string; readonly cause?: unknown } = {}): MillraceError {
  return new MillraceError('FILE_UNREADABLE', `cannot read '${path}': ${what}`, options);
}

/** What an engine says about bytes that it does not read. */
export function engineReason(thrown: unknown): string {
  const reason = (thrown instanceof Error ? thrown.message : String(thrown)).replace(/^Parquet error: /, '');
  // A panic in WASM tells nothing else.
  return reason === 'unreachable'
    ? 'the decoder gave up: the bytes are damaged, or hold a type or an encoding that it does not know'
    : reason;
}
