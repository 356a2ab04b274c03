import { type AddressInfo, createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import { answerWithError, setErrors } from './kafka-errors.ts';
import { API_NAMES, type ApiName, FrameReader, type KafkaRequest, readRequest } from './kafka-frames.ts';

/**
 * What happens to one request:
 * - `refuse`: the connection breaks before the request reaches the broker;
 * - `cut`: the broker has done it, and the connection breaks before the answer;
 * - `swallow`: neither the request nor any later one of its connection reaches the broker, as if the network had split;
 * - `swallow-answer`: the broker has done it, but neither its answer nor any later one of the connection arrives;
 * - `error`: the answer is an error that asks for another try. The broker has not done it where the answer is simple enough to be made up; else it has.
 */
export const PROXY_FAULTS = ['refuse', 'cut', 'swallow', 'swallow-answer', 'error'] as const;
export type ProxyFaultKind = (typeof PROXY_FAULTS)[number];

/** A fault that waits for the next request of an API. */
export interface ProxyFault {
  readonly api: ApiName;
  readonly kind: ProxyFaultKind;
  /** Requests of this API that pass before it strikes. */
  readonly skip?: number;
}

/** Client id of the requests that are disturbed: ours, not those that the broker sends to itself. */
const CLIENT = 'millrace';

/** A TCP proxy before a Kafka broker that knows requests by their API. The broker must advertise the proxy's address, so that clients come back to it. */
export class FaultProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #waiting: { readonly fault: ProxyFault; skip: number }[] = [];
  /** Faults that have struck. */
  readonly struck: ProxyFault[] = [];
  /** Requests seen, by API. */
  readonly seen = new Map<ApiName, number>();

  private constructor(server: Server) {
    this.#server = server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Listens on `port` (0: any) and forwards to `brokerPort`, on this machine. */
  static async start(port: number, brokerPort: number): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(server);
    server.on('connection', (client) => proxy.#serve(client, brokerPort));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return proxy;
  }

  /** Faults that strike from now on, each once; of one API in the order given. */
  arm(...faults: readonly ProxyFault[]): void {
    this.#waiting.push(...faults.map((fault) => ({ fault, skip: fault.skip ?? 0 })));
  }

  /** Faults that have not struck yet. */
  get waiting(): readonly ProxyFault[] {
    return this.#waiting.map(({ fault }) => fault);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket, brokerPort: number): void {
    const broker = tcpConnect({ port: brokerPort, host: '127.0.0.1' });
    for (const socket of [client, broker]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        broker.destroy();
      });
    }
    const struckAnswers = new Map<number, { readonly request: KafkaRequest; readonly kind: ProxyFaultKind }>();
    // What a connection had carried behind a broken place never arrives either.
    let deaf = false;
    let mute = false;
    const requests = new FrameReader((frame) => {
      if (deaf || client.destroyed) return;
      const request = readRequest(frame);
      const kind = request.client === CLIENT ? this.#strike(request.api) : undefined;
      if (kind === 'swallow') deaf = true;
      if (deaf) return;
      if (kind === 'refuse') return void client.destroy();
      const answer = kind === 'error' ? answerWithError(request) : undefined;
      if (answer !== undefined) return void client.write(answer);
      if (kind !== undefined) struckAnswers.set(request.correlation, { request, kind });
      broker.write(frame);
    });
    const answers = new FrameReader((frame) => {
      const struck = struckAnswers.get(frame.readInt32BE(4));
      if (struck?.kind === 'swallow-answer') mute = true;
      if (mute || client.destroyed) return;
      if (struck?.kind === 'cut') return void client.destroy();
      client.write(struck?.kind === 'error' ? setErrors(struck.request, frame) : frame);
    });
    client.on('data', (chunk: Buffer) => requests.push(chunk));
    broker.on('data', (chunk: Buffer) => answers.push(chunk));
  }

  #strike(api: ApiName | undefined): ProxyFaultKind | undefined {
    if (api === undefined) return undefined;
    this.seen.set(api, (this.seen.get(api) ?? 0) + 1);
    const next = this.#waiting.find(({ fault }) => fault.api === api);
    if (next === undefined || next.skip-- > 0) return undefined;
    this.#waiting = this.#waiting.filter((other) => other !== next);
    this.struck.push(next.fault);
    return next.fault.kind;
  }
}

export { API_NAMES, type ApiName };
