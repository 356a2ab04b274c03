import type { Broker } from './kafkajs-types.ts';
import { int32, protocolString } from './protocol-bytes.ts';
import { ProtocolReader } from './protocol-reader.ts';

/** DescribeLogDirs, which kafkajs lacks; version 1 is known to Kafka 1.0 and newer. */
const API_KEY = 35;
const API_VERSION = 1;

/**
 * Bytes on disk of a topic's partitions, as far as this broker has them: of its own replicas, the one that is being moved left out. Empty where the user may not see it.
 *
 * Source: Kafka's protocol guide, DescribeLogDirs (KIP-113).
 */
export async function logDirSizes(broker: Broker, topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const body = Buffer.concat([int32(1), protocolString(topic), int32(partitions.length), ...partitions.map(int32)]);
  return broker.connectionPool.send({
    request: { apiKey: API_KEY, apiVersion: API_VERSION, apiName: 'DescribeLogDirs', encode: async () => ({ buffer: body }) },
    response: { decode: async (payload) => payload, parse: async (payload) => decodeLogDirs(payload) },
  });
}

/** throttle (4) | folders: error (2), path, topics: name, partitions: number (4), size (8), lag (8), whether it is being moved here (1). */
export function decodeLogDirs(payload: Uint8Array): ReadonlyMap<number, number> {
  const reader = new ProtocolReader(payload);
  const sizes = new Map<number, number>();
  reader.int32();
  reader.array(() => {
    reader.int16();
    reader.string();
    reader.array(() => {
      reader.string();
      reader.array(() => {
        const partition = reader.int32();
        const size = Number(reader.int64());
        reader.int64();
        if (!reader.boolean()) sizes.set(partition, size);
      });
    });
  });
  return sizes;
}
