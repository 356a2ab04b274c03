const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/**
 * Murmur2 as Kafka's Java clients hash keys (32 bits, signed).
 * Source: Austin Appleby's MurmurHash2; org.apache.kafka.common.utils.Utils.murmur2 for seed and byte order.
 */
export function murmur2(key: Uint8Array): number {
  const length = key.length;
  let hash = SEED ^ length;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let word = byte(key, at) | (byte(key, at + 1) << 8) | (byte(key, at + 2) << 16) | (byte(key, at + 3) << 24);
    word = Math.imul(word, M);
    word = Math.imul(word ^ (word >>> 24), M);
    hash = Math.imul(hash, M) ^ word;
  }
  const rest = length - whole;
  if (rest > 2) hash ^= byte(key, whole + 2) << 16;
  if (rest > 1) hash ^= byte(key, whole + 1) << 8;
  if (rest > 0) hash = Math.imul(hash ^ byte(key, whole), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

const byte = (bytes: Uint8Array, at: number): number => bytes[at] as number;

/** The partition that Kafka's Java clients choose for a key, so that records of a key stay together whoever writes them. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
