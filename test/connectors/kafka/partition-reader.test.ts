import { expect, test } from 'vitest';
import type { ClusterClient } from '../../../connectors/kafka/cluster-client.ts';
import { PartitionReader } from '../../../connectors/kafka/partition-reader.ts';

interface Asked {
  readonly maxBytes: number;
  readonly maxWaitTime: number;
}

/** A client whose broker has nothing to give, and notes what it was asked for. */
function silentClient(asked: Asked[]): ClusterClient {
  const fetch = async (request: Asked) => {
    asked.push(request);
    return { responses: [{ partitions: [{ messages: new Uint8Array(0), lastStableOffset: '0' }] }] };
  };
  const onLeader = (_doing: string, _topic: string, _partition: number, request: (broker: unknown) => unknown) => request({ fetch });
  return { settings: { maxBytesPerFetch: 1000 }, onLeader } as unknown as ClusterClient;
}

test('a fetch is half of what may be read ahead, since another block is worked on meanwhile, and no more than a fetch may be', async () => {
  const asked: Asked[] = [];
  const reader = new PartitionReader(silentClient(asked), 'events', 0, 0);
  await reader.next();
  for (const bytes of [600, 5000, 1]) {
    reader.aheadBytes = bytes;
    await reader.next();
  }
  expect(asked.map(({ maxBytes }) => maxBytes)).toEqual([1000, 300, 1000, 1]);
});

test('where nobody adds records, the first fetch that finds none does not wait for them; those that follow do', async () => {
  const asked: Asked[] = [];
  const reader = new PartitionReader(silentClient(asked), 'events', 0, 0);
  reader.patient = false;
  await reader.next();
  await reader.next();
  const other = new PartitionReader(silentClient(asked), 'events', 0, 0);
  await other.next();
  const [first, second, patient] = asked.map(({ maxWaitTime }) => maxWaitTime);
  expect(first).toBe(0);
  expect(second).toBe(patient);
  expect(patient).toBeGreaterThan(0);
});
