import { damaged } from '../records/index.ts';
import { int16, int32, protocolString } from './protocol-bytes.ts';

/**
 * What members of a group tell each other, in the layouts of Kafka's consumer protocol so that its tools can show them.
 * Subscription: version (2) | topics | user data. Assignment: version (2) | (topic, partitions) | user data. Strings have a length of 2 bytes, arrays and bytes one of 4.
 */
export interface Subscription {
  readonly topics: readonly string[];
  /** Tasks that the member has now: the user data. */
  readonly tasks: readonly number[];
}

export function encodeSubscription({ topics, tasks }: Subscription): Buffer {
  const data = Buffer.from(JSON.stringify({ tasks }));
  return Buffer.concat([int16(0), int32(topics.length), ...topics.map(protocolString), int32(data.length), data]);
}

export function decodeSubscription(bytes: Uint8Array): Subscription {
  const reader = new ProtocolReader(bytes);
  reader.int16();
  const topics = reader.array(() => reader.string());
  const data = reader.bytes();
  try {
    const { tasks } = JSON.parse(data.toString()) as { tasks?: unknown };
    return { topics, tasks: Array.isArray(tasks) ? tasks.filter((task) => Number.isInteger(task)) : [] };
  } catch {
    // A member of another program in the same group: it owns nothing that we know.
    return { topics, tasks: [] };
  }
}

/** A member's tasks: the same partition of every topic, which keeps co-partitioned topics together. */
export function encodeAssignment(topics: readonly string[], tasks: readonly number[]): Buffer {
  const partitions = Buffer.concat([int32(tasks.length), ...tasks.map(int32)]);
  return Buffer.concat([int16(0), int32(topics.length), ...topics.flatMap((topic) => [protocolString(topic), partitions]), int32(0)]);
}

export function decodeAssignment(bytes: Uint8Array): readonly number[] {
  if (bytes.length === 0) return [];
  const reader = new ProtocolReader(bytes);
  reader.int16();
  const tasks = new Set<number>();
  reader.array(() => {
    reader.string();
    for (const task of reader.array(() => reader.int32())) tasks.add(task);
  });
  return [...tasks].toSorted((one, other) => one - other);
}

class ProtocolReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(size: number): number {
    if (size < 0 || this.#at + size > this.#bytes.length) throw damaged(this.#at, 'a message between group members ends early');
    const at = this.#at;
    this.#at += size;
    return at;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  string(): string {
    const length = this.int16();
    const at = this.#take(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  bytes(): Buffer {
    const length = Math.max(this.int32(), 0);
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  array<Item>(read: () => Item): Item[] {
    const length = this.int32();
    if (length < 0 || length > this.#bytes.length) throw damaged(this.#at, `a message between group members claims ${length} items`);
    return Array.from({ length }, read);
  }
}
