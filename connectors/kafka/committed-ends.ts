import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterClient } from './cluster-client.ts';
import { READ_UNCOMMITTED } from './kafkajs-types.ts';
import { LATEST, offsetAt } from './partition-reader.ts';

/** A transaction is decided before its markers reach the partitions; longer than this the end is taken as it is. */
const LONGEST_WAIT = 5000;

/** How far this process has committed per partition, so that it reads its own writes although markers follow a moment later. */
export class CommittedEnds {
  readonly #ends = new Map<string, Map<number, number>>();

  record(topic: string, partition: number, end: number): void {
    // NaN where the broker had stored a batch before and told no offset.
    if (Number.isNaN(end)) return;
    const partitions = this.#ends.get(topic) ?? new Map<number, number>();
    partitions.set(partition, end);
    this.#ends.set(topic, partitions);
  }

  forget(topic: string): void {
    this.#ends.delete(topic);
  }

  /** The offset behind the last decided record, own commits included. */
  async stableEnd(client: ClusterClient, topic: string, partition: number): Promise<number> {
    const known = this.#ends.get(topic)?.get(partition) ?? 0;
    const deadline = performance.now() + LONGEST_WAIT;
    for (;;) {
      const end = await offsetAt(client, topic, partition, LATEST);
      // The marker takes an offset of its own behind the last record.
      if (end > known || known === 0 || performance.now() > deadline) return end;
      await sleep(2);
    }
  }

  /** The end of a partition once no transaction on it is undecided: what any process has committed lies before it. */
  async decidedEnd(client: ClusterClient, topic: string, partition: number): Promise<number> {
    const deadline = performance.now() + LONGEST_WAIT;
    for (;;) {
      const whole = await offsetAt(client, topic, partition, LATEST, READ_UNCOMMITTED);
      const end = await offsetAt(client, topic, partition, LATEST);
      if (end >= whole || performance.now() > deadline) return end;
      await sleep(2);
    }
  }
}
