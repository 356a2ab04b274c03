import { crc32 } from 'node:zlib';
import type { PublishedDigest, RecordColumns } from '../connectors/index.ts';

/**
 * A running checksum over what a task publishes, by `topic/partition`. It covers keys, values and headers in the order in which they were written, and timestamps; where the
 * batches were cut does not show in it.
 */
export class Published {
  #digests = new Map<string, PublishedDigest>();

  /** Takes records whose bytes lie in writing order, as RecordWriter leaves them. */
  add(topic: string, partition: number, { count, bytes, timestamp }: RecordColumns): void {
    const place = `${topic}/${partition}`;
    const before = this.#digests.get(place) ?? { records: 0, bytes: 0, times: 0 };
    const times = new Uint8Array(timestamp.buffer, timestamp.byteOffset, timestamp.byteLength);
    this.#digests.set(place, { records: before.records + count, bytes: crc32(bytes, before.bytes), times: crc32(times, before.times) });
  }

  /** A snapshot was taken: what came before is never published again. */
  restart(): void {
    this.#digests = new Map();
  }

  toJSON(): Readonly<Record<string, PublishedDigest>> {
    return Object.fromEntries([...this.#digests].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Places, `topic/partition`, whose digests differ. */
export function differingPlaces(
  a: Readonly<Record<string, PublishedDigest>>,
  b: Readonly<Record<string, PublishedDigest>>,
): readonly string[] {
  const same = (place: string) =>
    a[place]?.records === b[place]?.records && a[place]?.bytes === b[place]?.bytes && a[place]?.times === b[place]?.times;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((place) => !same(place));
}
