import { resolve } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';

/** The channel on which the threads of this process tell each other that records of a log are there. */
export function openChannel(file: string): BroadcastChannel {
  const channel = new BroadcastChannel(`millrace ${resolve(file)}`);
  // Waiting for others keeps no process alive.
  channel.unref();
  return channel;
}
