import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { openKafka } from '../../../connectors/index.ts';
import { freePort } from '../../kafka.ts';

let server: Server | undefined;
afterEach(() => server?.close());

test('a port that takes connections and never answers is told apart from a broker that is away, long before a request would time out', {
  timeout: 20_000,
}, async () => {
  const port = await freePort();
  const sockets = new Set<{ destroy(): void }>();
  server = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(port, '127.0.0.1');
  const home = openKafka({ brokers: [`127.0.0.1:${port}`] });
  const begun = performance.now();
  await expect(home.topics.list()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    retry: 'backoff',
    message: expect.stringMatching(/takes connections, but does not answer: .*ssl/),
  });
  // Two tries of three seconds each; a request has thirty, and so has the patience.
  expect(performance.now() - begun).toBeLessThan(15_000);
  for (const socket of sockets) socket.destroy();
  await home.close();
});
