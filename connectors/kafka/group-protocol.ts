import { int16, int32, protocolString } from './protocol-bytes.ts';
import { ProtocolReader } from './protocol-reader.ts';

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
