import { MillraceError } from '../../streams/index.ts';
import type { WriteFault } from './log-write.ts';
import { storeError } from './store-error.ts';

/** The error for a write of which nothing was done. */
export function writeError(fault: WriteFault, file: string): MillraceError {
  if (fault.kind === 'fenced') {
    return new MillraceError('FENCED', `task '${fault.task}' was taken over by another run; this one must stop`, {
      hint: fault.opened ? undefined : 'the task was never opened here',
    });
  }
  if (fault.kind === 'missing') {
    return new MillraceError('UNKNOWN_TOPIC', `topic '${fault.topic}' has no partition ${fault.partition} any more`, {
      hint: 'it was deleted while it was written to',
    });
  }
  return storeError(Object.assign(new Error(fault.message), { errcode: fault.errcode }), file);
}
