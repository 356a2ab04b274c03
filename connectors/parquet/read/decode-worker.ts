import { parentPort, workerData } from 'node:worker_threads';
import type { EngineName } from './engine.ts';
import { EngineHost } from './engine-host.ts';

/** The decoding thread: answers one request at a time and hands bytes over without copying them. */
const host = new EngineHost(workerData as EngineName);

parentPort?.on('message', async ({ id, method, parameters }: { id: number; method: 'open' | 'next' | 'cancel'; parameters: never[] }) => {
  try {
    const result = await (host[method] as (...parameters: never[]) => Promise<Uint8Array | undefined>).call(host, ...parameters);
    parentPort?.postMessage({ id, result }, result === undefined ? [] : [result.buffer as ArrayBuffer]);
  } catch (thrown) {
    parentPort?.postMessage({ id, error: thrown instanceof Error ? thrown.message : String(thrown) });
  }
});
