import { MillraceError } from '../../streams/index.ts';

/** The error for bytes that are no valid RecordBatch; `position` is the byte at which that showed. */
export function damaged(position: number, problem: string, cause?: unknown): MillraceError {
  return new MillraceError('DECODE_FAILED', `record batch damaged at byte ${position}: ${problem}`, { cause });
}
