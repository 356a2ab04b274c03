/** API keys of the requests that the proxy can disturb. Source: Kafka protocol guide. */
const API_KEYS = {
  Produce: 0,
  Fetch: 1,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
} as const;

export type ApiName = keyof typeof API_KEYS;
export const API_NAMES = Object.keys(API_KEYS) as readonly ApiName[];
const NAMES = new Map<number, ApiName>(API_NAMES.map((name) => [API_KEYS[name], name]));

/** The head of a request. */
export interface KafkaRequest {
  /** Undefined: one of the other APIs. */
  readonly api: ApiName | undefined;
  readonly version: number;
  readonly correlation: number;
  /** Who asks: a broker sends requests to itself, too. */
  readonly client: string;
}

/** Request frame: size int32, API key int16, version int16, correlation id int32, client id (length int16, text), ... */
export const readRequest = (frame: Buffer): KafkaRequest => ({
  api: NAMES.get(frame.readInt16BE(4)),
  version: frame.readInt16BE(6),
  correlation: frame.readInt32BE(8),
  client: frame.toString('utf8', 14, 14 + Math.max(0, frame.readInt16BE(12))),
});

/** Cuts a stream of bytes into frames: size int32, then so many bytes. */
export class FrameReader {
  readonly #take: (frame: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(take: (frame: Buffer) => void) {
    this.#take = take;
  }

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4) {
      const size = 4 + this.#rest.readInt32BE(0);
      if (this.#rest.length < size) return;
      const frame = this.#rest.subarray(0, size);
      this.#rest = this.#rest.subarray(size);
      this.#take(frame);
    }
  }
}
