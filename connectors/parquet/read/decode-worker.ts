import { parentPort, workerData } from 'node:worker_threads';
import { buffersOf, type DecodedBlock } from './column-block.ts';
import type { EngineName, EngineOptions } from './engine.ts';
import { EngineHost } from './engine-host.ts';

/** The decoding thread: answers one request at a time and hands bytes over without copying them. */
const { engine, ...options } = workerData as EngineOptions & { readonly engine: EngineName };
const host = new EngineHost(engine, options);

parentPort?.on('message', async ({ id, method, parameters }: { id: number; method: 'open' | 'next' | 'cancel'; parameters: never[] }) => {
  try {
    const result = await (host[method] as (...parameters: never[]) => Promise<Uint8Array | DecodedBlock | undefined>).call(
      host,
      ...parameters,
    );
    const buffers = result === undefined ? [] : result instanceof Uint8Array ? [result.buffer as ArrayBuffer] : buffersOf(result);
    parentPort?.postMessage({ id, result }, buffers);
  } catch (thrown) {
    parentPort?.postMessage({ id, error: thrown instanceof Error ? thrown.message : String(thrown) });
  }
});
