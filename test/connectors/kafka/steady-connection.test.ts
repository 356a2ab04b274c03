import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type KafkaConnection, steadyConnection } from '../../../connectors/kafka/steady-connection.ts';

/** Stands for kafkajs' connection: keeps what it is given, and connects when told. */
class Original {
  readonly host = 'broker';
  readonly port = 9092;
  readonly connectionTimeout = 20;
  authHandlers: object | null = null;
  socket: { destroyed: boolean; destroy(error: Error): void } | undefined;
  chunks: Buffer[] = [];
  bytesBuffered = 0;
  readonly received: string[] = [];
  connects = 0;
  answer: Promise<unknown> = Promise.resolve(true);

  connect(): Promise<unknown> {
    this.connects++;
    return this.answer;
  }

  async disconnect(): Promise<unknown> {
    return this.socket;
  }

  processData(data: Buffer): void {
    this.received.push(data.toString('latin1'));
  }
}

const make = () => new (steadyConnection(Original as unknown as typeof KafkaConnection))() as unknown as Original;

const framed = (body: string) => {
  const bytes = Buffer.alloc(4 + body.length);
  bytes.writeInt32BE(body.length);
  bytes.write(body, 4, 'latin1');
  return bytes;
};

test('responses come whole, however the bytes arrive', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 4, maxLength: 30 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (bodies, steps) => {
        const plain = bodies.map((body) => body.replace(/[^ -~]/g, '?'));
        const bytes = Buffer.concat(plain.map(framed));
        const connection = make();
        // One buffer for all reads, as the socket has it.
        const reused = Buffer.alloc(16);
        for (let at = 0, step = 0; at < bytes.length; step++) {
          const size = Math.min(steps[step % steps.length] as number, bytes.length - at);
          bytes.copy(reused, 0, at, at + size);
          connection.processData(reused.subarray(0, size));
          reused.fill(0);
          at += size;
        }
        expect(connection.received).toEqual(plain.map((body) => framed(body).toString('latin1')));
      },
    ),
  );
});

test('half a response does not outlive its socket', async () => {
  const connection = make();
  connection.processData(framed('lost').subarray(0, 6));
  await connection.connect();
  connection.processData(framed('whole'));
  expect(connection.received).toEqual([framed('whole').toString('latin1')]);
});

test('connects once for all who wait, and again later', async () => {
  const connection = make();
  await Promise.all([connection.connect(), connection.connect()]);
  expect(connection.connects).toBe(1);
  await connection.connect();
  expect(connection.connects).toBe(2);
});

test('a handshake that never ends is given up', async () => {
  const connection = make();
  connection.answer = new Promise(() => {});
  await expect(connection.connect()).rejects.toMatchObject({ name: 'KafkaJSConnectionError', retriable: true });
});

test('a size that no broker sends closes the socket', () => {
  const connection = make();
  const errors: string[] = [];
  connection.socket = { destroyed: false, destroy: (error) => errors.push(error.message) };
  connection.processData(Buffer.from('HTTP/1.1 400 Bad Request'));
  expect(errors).toEqual([expect.stringContaining('speaks no Kafka')]);
});

test('a closed socket is not taken leave of again', async () => {
  const connection = make();
  connection.socket = { destroyed: true, destroy: () => {} };
  expect(await connection.disconnect()).toBeUndefined();
});

test('the rest of a long response is read to its place, and only that', async () => {
  const connection = make();
  const socket: { destroyed: boolean; destroy(): void; place?: () => Buffer | undefined } = { destroyed: false, destroy: () => {} };
  connection.socket = socket;
  await connection.connect();
  const bodies = ['short', 'long '.repeat(60_000), 'x'.repeat(70_000), 'last'];
  const bytes = Buffer.concat(bodies.map(framed));
  const reused = Buffer.alloc(4096);
  let placed = 0;
  for (let at = 0; at < bytes.length; ) {
    const place = socket.place?.();
    const into = place ?? reused;
    const size = Math.min(into.length, 10_000, bytes.length - at);
    bytes.copy(into, 0, at, at + size);
    connection.processData(into.subarray(0, size));
    if (place === undefined) reused.fill(0);
    else placed += size;
    at += size;
  }
  expect(connection.received).toEqual(bodies.map((body) => framed(body).toString('latin1')));
  expect(placed).toBeGreaterThan(200_000);
});
