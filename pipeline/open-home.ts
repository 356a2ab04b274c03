import type { MessagePort } from 'node:worker_threads';
import { type Home, openKafka, openLog } from '../connectors/index.ts';
import type { Duration } from '../streams/index.ts';

/** Where a run keeps topics and epochs. */
export interface HomeOptions {
  /** Kafka's bootstrap servers, `host:port` separated by commas; without them the embedded log is used. */
  readonly brokers?: string;
  /** How long a request to Kafka is tried again while brokers are away; default 30 s. */
  readonly patience?: Duration;
  /** Folder of the embedded log; default `.millrace`. */
  readonly state?: string;
  /** Disk budget of the embedded log, bytes: nearly there, records that all tasks have read are given up; what does not fit fails. Unlimited unless given. */
  readonly logBytes?: number;
  /** Open for reading beside a run that writes. */
  readonly readOnly?: boolean;
  /** Do not take the folder's run lock: workers of one run, and commands beside a run; tasks are still fenced one by one. */
  readonly shared?: boolean;
  /** Embedded log: commit in a thread of its own, which this home starts, or which the port of the home that has started it leads to. A run does unless told not to; other homes do not. */
  readonly committer?: boolean | MessagePort;
}

/** Opens Kafka where brokers are given, else the embedded log. */
export function openHome(options: HomeOptions): Home {
  if (options.brokers !== undefined && options.brokers !== '') {
    return openKafka({ brokers: options.brokers, ...(options.patience === undefined ? {} : { patience: options.patience }) });
  }
  const { state = '.millrace', readOnly = false, shared = false, committer, logBytes } = options;
  return openLog(state, {
    readOnly,
    exclusive: !shared,
    ...(committer === undefined ? {} : { committer }),
    ...(logBytes === undefined ? {} : { maxBytes: logBytes }),
  });
}
