import type { LogWrite, WriteFault } from './log-write.ts';

/** What a committer thread is started with. */
export interface CommitterStart {
  readonly folder: string;
  readonly maxBytes: number | undefined;
}

/** To the committer thread, over the port of one of its users. */
export interface WriteRequest {
  readonly id: number;
  readonly write: LogWrite;
}

/** Its answer: the write is durable, or nothing of it was done. */
export interface WriteReply {
  readonly id: number;
  readonly fault: WriteFault | undefined;
  /** That of the blocks, to be used again. */
  readonly memory: readonly ArrayBuffer[];
}
