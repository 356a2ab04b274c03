import { expect, test } from 'vitest';
import type { ClusterClient } from '../../../connectors/kafka/cluster-client.ts';
import { PartitionReader } from '../../../connectors/kafka/partition-reader.ts';

/** A client whose broker has nothing to give, and notes how many bytes it was asked for. */
function silentClient(asked: number[]): ClusterClient {
  const fetch = async ({ maxBytes }: { readonly maxBytes: number }) => {
    asked.push(maxBytes);
    return { responses: [{ partitions: [{ messages: new Uint8Array(0), lastStableOffset: '0' }] }] };
  };
  const onLeader = (_doing: string, _topic: string, _partition: number, request: (broker: unknown) => unknown) => request({ fetch });
  return { settings: { maxBytesPerFetch: 1000 }, onLeader } as unknown as ClusterClient;
}

test('a fetch is half of what may be read ahead, since another block is worked on meanwhile, and no more than a fetch may be', async () => {
  const asked: number[] = [];
  const reader = new PartitionReader(silentClient(asked), 'events', 0, 0);
  await reader.next();
  for (const bytes of [600, 5000, 1]) {
    reader.aheadBytes = bytes;
    await reader.next();
  }
  expect(asked).toEqual([1000, 300, 1000, 1]);
});
