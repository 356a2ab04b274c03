import { connect, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FaultProxy } from './fault-proxy.ts';

/** A server that answers every frame with its correlation id and a body of zeros. */
function echoServer(): Promise<{ readonly server: Server; readonly port: number; readonly seen: number[] }> {
  const seen: number[] = [];
  const server = createServer((socket) => {
    socket.on('data', (frame: Buffer) => {
      seen.push(frame.readInt16BE(4));
      const answer = Buffer.alloc(14);
      answer.writeInt32BE(10, 0);
      answer.writeInt32BE(frame.readInt32BE(8), 4);
      socket.write(answer);
    });
    socket.on('error', () => {});
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve({ server, port: (server.address() as { port: number }).port, seen })),
  );
}

/** An EndTxn request (API 26, version 1) of our client. */
function endTxn(correlation: number, client = 'millrace'): Buffer {
  const frame = Buffer.alloc(14 + client.length);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt16BE(26, 4);
  frame.writeInt16BE(1, 6);
  frame.writeInt32BE(correlation, 8);
  frame.writeInt16BE(client.length, 12);
  frame.write(client, 14);
  return frame;
}

let backend: Awaited<ReturnType<typeof echoServer>>;
let proxy: FaultProxy;

beforeEach(async () => {
  backend = await echoServer();
  proxy = await FaultProxy.start(0, backend.port);
});
afterEach(async () => {
  await proxy.stop();
  backend.server.close();
});

/** Sends a request; what comes back within a moment: the answer, or how the connection ended. */
function ask(frame: Buffer): Promise<Buffer | 'closed' | 'silence'> {
  return new Promise((resolve) => {
    const socket = connect(proxy.port, '127.0.0.1', () => socket.write(frame));
    const settle = (result: Buffer | 'closed' | 'silence') => {
      clearTimeout(timer);
      resolve(result);
      socket.destroy();
    };
    const timer = setTimeout(() => settle('silence'), 200);
    socket.on('data', settle);
    socket.on('close', () => settle('closed'));
    socket.on('error', () => {});
  });
}

test('passes requests on that no fault waits for, and those of others', async () => {
  expect(await ask(endTxn(7))).toHaveLength(14);
  proxy.arm({ api: 'EndTxn', kind: 'refuse' });
  expect(await ask(endTxn(8, 'broker-1'))).toHaveLength(14);
  expect(proxy.waiting).toHaveLength(1);
});

test('strikes once, after as many requests as it should skip', async () => {
  proxy.arm({ api: 'EndTxn', kind: 'refuse', skip: 1 });
  expect(await ask(endTxn(1))).toHaveLength(14);
  expect(await ask(endTxn(2))).toBe('closed');
  expect(await ask(endTxn(3))).toHaveLength(14);
  expect(proxy.struck).toEqual([{ api: 'EndTxn', kind: 'refuse', skip: 1 }]);
});

test.each([
  ['refuse', 'closed', 0],
  ['cut', 'closed', 1],
  ['swallow', 'silence', 0],
  ['swallow-answer', 'silence', 1],
] as const)('%s: the client sees %s, the broker %i request', async (kind, result, requests) => {
  proxy.arm({ api: 'EndTxn', kind });
  expect(await ask(endTxn(1))).toBe(result);
  expect(backend.seen).toHaveLength(requests);
});

test('error: answers NOT_COORDINATOR under the same correlation id, without asking the broker', async () => {
  proxy.arm({ api: 'EndTxn', kind: 'error' });
  const answer = (await ask(endTxn(42))) as Buffer;
  expect([answer.readInt32BE(4), answer.readInt16BE(12)]).toEqual([42, 16]);
  expect(backend.seen).toEqual([]);
});
