import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { MillraceError, parseOptions } from '../../streams/index.ts';
import { type Home, RecordWriter } from '../contract/index.ts';
import { recordsInBody } from './records-in-body.ts';
import { RequestRefused } from './request-refused.ts';

const serverOptions = z.strictObject({
  port: z.number().int().min(0).max(65_535).default(0),
  /** Address to listen on: this machine alone unless said otherwise. */
  host: z.string().default('127.0.0.1'),
  /** Topics that may be appended to; all that exist unless given. */
  topics: z.array(z.string()).optional(),
  /** When given, requests need `Authorization: Bearer TOKEN`. */
  token: z.string().min(1).optional(),
  /** A larger body is refused with 413. */
  maxBytes: z
    .number()
    .int()
    .positive()
    .default(16 * 1024 * 1024),
  /** More requests at a time are refused with 503. */
  maxRequests: z.number().int().positive().default(64),
  /** A request that takes longer to arrive is cut off, ms. */
  timeout: z.number().int().positive().default(30_000),
});

type ServerSettings = z.output<typeof serverOptions>;

/** A running server. */
export interface IngestServer {
  readonly port: number;
  /** Stops listening, and ends when requests under way have been answered. */
  close(): Promise<void>;
}

/**
 * Takes records by `POST /topics/NAME[?partition=N]`: a JSON array or object (`application/json`), or a record per line (`application/x-ndjson`, `text/plain`). Answers
 * `200 {"records": n}` once they are durable in the home, and else appends nothing of the request: 400 broken body, 401, 404 unknown topic, 405, 408 too slow, 413 too
 * large, 415 other content, 503 (with Retry-After) when it is overloaded or the home fails. A request that got no answer may be repeated: its records may then stand twice.
 *
 * @throws MillraceError INVALID_OPTION; UNAVAILABLE when the address cannot be listened on
 * @example
 * const server = await serveIngest(home, { port: 8080, topics: ['events'] });
 */
export async function serveIngest(home: Home, options: z.input<typeof serverOptions> = {}): Promise<IngestServer> {
  const settings = parseOptions('serveIngest', serverOptions, options);
  const handler = new IngestHandler(home, settings);
  const server = createServer({ requestTimeout: settings.timeout, headersTimeout: settings.timeout }, (request, response) => {
    void handler.handle(request, response);
  });
  await listening(server, settings);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function listening(server: Server, { port, host }: ServerSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new MillraceError('UNAVAILABLE', `cannot listen on ${host}:${port}: ${cause.message}`, { hint: 'choose another port', cause }),
      );
    });
    server.listen(port, host, () => resolve());
  });
}

class IngestHandler {
  readonly #home: Home;
  readonly #settings: ServerSettings;
  #running = 0;

  constructor(home: Home, settings: ServerSettings) {
    this.#home = home;
    this.#settings = settings;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#running++;
    try {
      answer(response, 200, { records: await this.#append(request) });
    } catch (thrown) {
      const refused = refusalOf(thrown);
      if (refused.status === 503) response.setHeader('Retry-After', '1');
      // The rest of a body that nobody reads would hold the connection.
      if (!request.complete) response.setHeader('Connection', 'close');
      answer(response, refused.status, { error: refused.message });
    } finally {
      this.#running--;
    }
  }

  async #append(request: IncomingMessage): Promise<number> {
    const { topics, token, maxRequests } = this.#settings;
    if (this.#running > maxRequests) throw new RequestRefused(503, 'too many requests at a time');
    if (token !== undefined && !equalSecrets(request.headers.authorization ?? '', `Bearer ${token}`))
      throw new RequestRefused(401, 'a token is needed');
    const url = new URL(request.url ?? '/', 'http://localhost');
    const topic = /^\/topics\/([A-Za-z0-9._-]{1,249})$/.exec(url.pathname)?.[1];
    if (topic === undefined || (topics !== undefined && !topics.includes(topic)))
      throw new RequestRefused(404, `no topic at ${url.pathname}`);
    if (request.method !== 'POST') throw new RequestRefused(405, 'only POST is taken here');
    const partition = Number(url.searchParams.get('partition') ?? 0);
    const values = recordsInBody(await this.#body(request), request.headers['content-type'] ?? '');
    if (values.length === 0) return 0;
    const writer = new RecordWriter();
    const timestamp = Date.now();
    for (const value of values) {
      writer.value(value);
      writer.endRecord({ key: null, timestamp });
    }
    await this.#home.topics.append(topic, partition, writer.finish());
    return values.length;
  }

  async #body(request: IncomingMessage): Promise<Uint8Array> {
    const { maxBytes } = this.#settings;
    const tooLarge = () => new RequestRefused(413, `the body is larger than ${maxBytes} bytes`);
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
}

function refusalOf(thrown: unknown): RequestRefused {
  if (thrown instanceof RequestRefused) return thrown;
  if (thrown instanceof MillraceError) return new RequestRefused(thrown.code === 'UNKNOWN_TOPIC' ? 404 : 503, thrown.describe());
  return new RequestRefused(400, 'the request was cut off');
}

/** Compares every character, so that the time taken tells nothing about where the first difference is. */
function equalSecrets(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length;
  for (let i = 0; i < expected.length; i++) difference |= given.charCodeAt(i) ^ expected.charCodeAt(i);
  return difference === 0;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
