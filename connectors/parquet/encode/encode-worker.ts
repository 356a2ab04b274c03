import { parentPort } from 'node:worker_threads';
import { GroupHost, type GroupRequest } from './group-host.ts';

/** The encoding thread: writes one row group at a time, and hands the memory of its rows back. */
const host = new GroupHost();

parentPort?.on('message', ({ id, request }: { id: number; request: GroupRequest }) => {
  try {
    const written = host.write(request);
    parentPort?.postMessage({ id, written }, written.memory === undefined ? [] : [written.memory]);
  } catch (thrown) {
    parentPort?.postMessage({ id, error: thrown });
  }
});
