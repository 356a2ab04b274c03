import type { PlacedSocket } from './broker-socket.ts';

/** What is changed, and used, of kafkajs' connection. */
export declare class KafkaConnection {
  readonly host: string;
  readonly port: number;
  readonly connectionTimeout: number;
  /** Set while SASL is under way. */
  readonly authHandlers: object | null;
  socket: PlacedSocket | undefined;
  /** Chunks of a response that has not come whole, and their bytes. */
  chunks: Buffer[];
  bytesBuffered: number;
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  processData(data: Buffer): unknown;
  send(request: unknown): Promise<unknown>;
}

/** Reason for which a socket is closed on which not even the first question was answered. */
export const UNANSWERED = 'nothing was answered';

const SIZE_BYTES = 4;
/** Every response begins with the number of its request. */
const SMALLEST_RESPONSE = 4;
/** What is left of a response is read to its place when it is at least so long; less comes with the responses behind it in one read. */
const LONG_REST = 64 * 1024;
/** No response is larger: fetches are bounded far below. */
const LARGEST_RESPONSE = 1024 * 1024 * 1024;

/**
 * kafkajs' connection without its faults: it opens a socket per request that comes while it connects, waits for ever when the broker hangs up before the handshake ends, takes leave of
 * closed sockets again and again, gives a port that never answers the time of a slow request, and begins with half a response of the socket before. Responses are put together here, in one block each: long ones are read right there.
 */
export function steadyConnection(Original: typeof KafkaConnection): typeof KafkaConnection {
  return class extends Original {
    #connecting: Promise<unknown> | undefined;
    readonly #size = Buffer.alloc(SIZE_BYTES);
    /** Bytes of the size, or of the response once that is known. */
    #filled = 0;
    #response: Buffer | undefined;
    /** Whether anything has come on this socket. */
    #answered = false;

    override connect(): Promise<unknown> {
      this.#connecting ??= this.#connectInTime().finally(() => {
        this.#connecting = undefined;
      });
      return this.#connecting;
    }

    override disconnect(): Promise<unknown> {
      // Each call adds a listener to the socket, also to one that is gone.
      if (this.socket?.destroyed === true) this.socket = undefined;
      return super.disconnect();
    }

    async #connectInTime(): Promise<unknown> {
      this.#response = undefined;
      this.#filled = 0;
      this.#answered = false;
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(hungUp(this.host, this.port)), this.connectionTimeout + 100);
      try {
        const connected = super.connect();
        this.#placeReads(this.socket);
        return await Promise.race([connected, late]);
      } finally {
        clearTimeout(timer);
      }
    }

    #placeReads(socket: PlacedSocket | undefined): void {
      if (socket === undefined) return;
      socket.place = () => {
        const response = this.#response;
        const long = response !== undefined && response.length - this.#filled >= LONG_REST;
        return long && this.socket === socket ? response.subarray(this.#filled) : undefined;
      };
    }

    /** What is asked first (which versions are known) takes a broker no time; kafkajs would wait as for any request. */
    override async send(request: unknown): Promise<unknown> {
      if (this.#answered) return super.send(request);
      const timer = setTimeout(() => this.socket?.destroy(new Error(UNANSWERED)), this.connectionTimeout);
      try {
        return await super.send(request);
      } finally {
        clearTimeout(timer);
      }
    }

    /** `data` lies where it belongs, or in a buffer that is read into again: what is kept of that is copied. */
    override processData(data: Buffer): unknown {
      if (this.authHandlers !== null) return super.processData(Buffer.from(data));
      for (let at = 0; at < data.length; )
        at += this.#response === undefined ? this.#takeSize(data, at) : this.#takeBody(this.#response, data, at);
      return undefined;
    }

    #takeSize(data: Buffer, at: number): number {
      const taken = data.copy(this.#size, this.#filled, at);
      this.#filled += taken;
      if (this.#filled < SIZE_BYTES) return taken;
      const size = this.#size.readInt32BE();
      if (size < SMALLEST_RESPONSE || size > LARGEST_RESPONSE) {
        this.socket?.destroy(new Error(`${this.host}:${this.port} announces a response of ${size} bytes: it speaks no Kafka`));
        return data.length - at;
      }
      this.#response = Buffer.allocUnsafeSlow(SIZE_BYTES + size);
      this.#size.copy(this.#response);
      return taken;
    }

    #takeBody(response: Buffer, data: Buffer, at: number): number {
      const there = data.buffer === response.buffer && data.byteOffset === response.byteOffset + this.#filled;
      const taken = there ? data.length : data.copy(response, this.#filled, at);
      this.#filled += taken;
      if (this.#filled === response.length) {
        this.#answered = true;
        this.#response = undefined;
        this.#filled = 0;
        // What is left of the response before is nothing, yet kafkajs would join it with this one.
        this.chunks = [];
        this.bytesBuffered = 0;
        super.processData(response);
      }
      return taken;
    }
  };
}

const hungUp = (host: string, port: number) =>
  Object.assign(new Error(`${host}:${port} hung up, or did not answer, before the connection stood`), {
    name: 'KafkaJSConnectionError',
    retriable: true,
  });
