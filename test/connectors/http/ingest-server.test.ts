import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Home, type IngestServer, memoryStore, serveIngest } from '../../../connectors/index.ts';
import { readAll } from '../../contract/home-fixture.ts';

describe('serveIngest', () => {
  let home: Home;
  let server: IngestServer;
  const post = async (path: string, body: string | Uint8Array, headers: Record<string, string> = {}, method = 'POST') => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      body: method === 'GET' ? undefined : (body as BodyInit),
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer secret', ...headers },
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const NDJSON = { 'Content-Type': 'application/x-ndjson' };

  beforeAll(async () => {
    home = memoryStore().open();
    for (const topic of ['events', 'lines', 'hidden', 'broken']) await home.topics.ensure(topic, { partitions: 2 });
    server = await serveIngest(home, {
      topics: ['events', 'lines', 'broken', 'missing'],
      token: 'secret',
      maxBytes: 1000,
      maxRequests: 2,
      timeout: 1000,
    });
  });
  afterAll(() => server.close());

  test('arrays, objects and lines are kept byte for byte, durable when they are answered', async () => {
    expect(await post('/topics/events', ' [ {"a":1.0}, [2] ,"x" ] ')).toEqual({ status: 200, body: { records: 3 } });
    expect(await post('/topics/events?partition=1', '{"b": 2}')).toEqual({ status: 200, body: { records: 1 } });
    expect(await post('/topics/events', '[]')).toEqual({ status: 200, body: { records: 0 } });
    expect(await post('/topics/lines', 'one\r\n\ntwo', NDJSON)).toEqual({ status: 200, body: { records: 2 } });
    expect(await readAll(home, 'events')).toEqual(['{"a":1.0}', '[2]', '"x"']);
    expect(await readAll(home, 'events', 1)).toEqual(['{"b": 2}']);
    expect(await readAll(home, 'lines')).toEqual(['one', 'two']);
  });

  test('what is wrong is answered by its status, and nothing of it is kept', async () => {
    const statusOf = async (...request: Parameters<typeof post>) => (await post(...request)).status;
    expect(await statusOf('/topics/broken', '[{"a":1},')).toBe(400);
    expect(await statusOf('/topics/broken', '[{"a":1}] x')).toBe(400);
    expect(await statusOf('/topics/broken', '')).toBe(400);
    expect(await statusOf('/topics/broken', '{}', { Authorization: 'Bearer secreT' })).toBe(401);
    expect(await statusOf('/topics/hidden', '{}')).toBe(404);
    expect(await statusOf('/topics/missing', '{}')).toBe(404);
    expect(await statusOf('/topics/broken?partition=7', '{}')).toBe(404);
    expect(await statusOf('/elsewhere', '{}')).toBe(404);
    expect(await statusOf('/topics/broken', '', {}, 'GET')).toBe(405);
    expect(await statusOf('/topics/broken', 'x'.repeat(1001), NDJSON)).toBe(413);
    expect(await statusOf('/topics/broken', '{}', { 'Content-Type': 'image/png' })).toBe(415);
    expect(await readAll(home, 'broken')).toEqual([]);
  });

  test('a body without a length is cut off at the limit', async () => {
    const status = await new Promise((resolve) => {
      const sending = request(
        { port: server.port, path: '/topics/broken', method: 'POST', headers: { ...NDJSON, Authorization: 'Bearer secret' } },
        (answer) => {
          resolve(answer.statusCode);
          sending.destroy();
        },
      );
      sending.on('error', () => {});
      for (let chunk = 0; chunk < 5; chunk++) sending.write('y'.repeat(400));
    });
    expect(status).toBe(413);
    expect(await readAll(home, 'broken')).toEqual([]);
  });

  test('too many requests at a time are refused, to be repeated later', async () => {
    const open = [0, 1].map(() => {
      const sending = request({
        port: server.port,
        path: '/topics/broken',
        method: 'POST',
        headers: { ...NDJSON, Authorization: 'Bearer secret' },
      });
      sending.on('error', () => {});
      sending.write('half');
      return sending;
    });
    await expect.poll(async () => (await post('/topics/broken', '{}')).status).toBe(503);
    for (const sending of open) sending.destroy();
    await expect.poll(async () => (await post('/topics/events', '{}')).status).toBe(200);
  });

  test('a port that is taken is a clear error', async () => {
    await expect(serveIngest(home, { port: server.port })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(String(server.port)),
    });
  });
});
