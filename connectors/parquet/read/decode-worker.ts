import { parentPort, workerData } from 'node:worker_threads';
import type { DecodedBlock } from './column-block.ts';
import type { EngineName } from './engine.ts';
import { EngineHost } from './engine-host.ts';

/** The decoding thread: answers one request at a time and hands bytes over without copying them. */
const host = new EngineHost(workerData as EngineName);

parentPort?.on('message', async ({ id, method, parameters }: { id: number; method: 'open' | 'next' | 'cancel'; parameters: never[] }) => {
  try {
    const result = await (host[method] as (...parameters: never[]) => Promise<Uint8Array | DecodedBlock | undefined>).call(
      host,
      ...parameters,
    );
    const bytes = result === undefined || result instanceof Uint8Array ? result : result.bytes;
    parentPort?.postMessage({ id, result }, bytes === undefined ? [] : [bytes.buffer as ArrayBuffer]);
  } catch (thrown) {
    parentPort?.postMessage({ id, error: thrown instanceof Error ? thrown.message : String(thrown) });
  }
});
