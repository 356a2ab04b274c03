import { setTimeout as sleep } from 'node:timers/promises';
import { Observable } from 'rxjs';
import { assignTasks } from './assign-tasks.ts';
import { ClusterClient } from './cluster-client.ts';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './group-protocol.ts';
import { kafkaError, rootError } from './kafka-error.ts';
import type { KafkaSettings } from './kafka-options.ts';

/** The strategy's name: all members of a group must offer the same one. */
const PROTOCOL = 'millrace-tasks';
const SESSION_TIMEOUT = 10_000;
const REBALANCE_TIMEOUT = 30_000;
const HEARTBEAT_INTERVAL = 1000;
/** The leader looks this often whether topics have gained partitions. */
const PARTITION_CHECK_INTERVAL = 30_000;
/** A group that changes, or that has forgotten us, is joined anew. */
const JOIN_AGAIN = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'NOT_COORDINATOR_FOR_GROUP']);

/** A group of processes that share the tasks of a pipeline. */
export interface TaskGroup {
  readonly group: string;
  /** Co-partitioned inputs: task n reads partition n of each. */
  readonly topics: readonly string[];
}

/**
 * Joins a consumer group and gives the numbers of the tasks that are this process's, anew whenever the group has settled: a member came or went, a topic gained partitions. Unsubscribing
 * leaves the group, which hands the tasks on at once.
 *
 * Tasks that stay are not interrupted. A task that moves may be opened by its new owner before the old one has let go; opening it fences the old owner, so no row is lost or repeated.
 *
 * @throws MillraceError (as the observable's error) UNKNOWN_TOPIC, AUTHENTICATION_FAILED, UNAVAILABLE.
 */
export function taskAssignments(settings: KafkaSettings, group: TaskGroup): Observable<readonly number[]> {
  return new Observable((subscriber) => {
    // A connection of its own: a broker holds back the answer to a join, and with it all that waits behind.
    const client = new ClusterClient(settings);
    const leaving = new AbortController();
    const member = new GroupMember(client, group);
    member
      .run(leaving.signal, (tasks) => subscriber.next(tasks))
      .catch((thrown: unknown) => subscriber.error(kafkaError(thrown, 'STORE_FAILED', `group '${group.group}'`)))
      .finally(() => client.close().catch(() => {}));
    return () => leaving.abort();
  });
}

class GroupMember {
  readonly #client: ClusterClient;
  readonly #group: TaskGroup;
  #memberId = '';
  #generation = -1;
  #isLeader = false;
  #tasks: readonly number[] | undefined;

  constructor(client: ClusterClient, group: TaskGroup) {
    this.#client = client;
    this.#group = group;
  }

  async run(signal: AbortSignal, emit: (tasks: readonly number[]) => void): Promise<void> {
    while (!signal.aborted) {
      try {
        const tasks = await this.#join();
        this.#tasks = tasks;
        // Also when they are the same: one of them may have been taken over in between, and comes back.
        if (!signal.aborted) emit(tasks);
        await this.#stay(signal);
      } catch (thrown) {
        const type = rootError(thrown).type ?? '';
        if (!JOIN_AGAIN.has(type)) throw thrown;
        if (type === 'UNKNOWN_MEMBER_ID') this.#memberId = '';
      }
    }
    await this.#leave();
  }

  #ask<R>(doing: string, request: Parameters<ClusterClient['onCoordinator']>[3]): Promise<R> {
    return this.#client.onCoordinator(`${doing} group '${this.#group.group}'`, 'group', this.#group.group, request) as Promise<R>;
  }

  /** One round of joining: every member says what it has, the leader decides, everyone learns its part. */
  async #join(): Promise<readonly number[]> {
    const { group: groupId, topics } = this.#group;
    const metadata = encodeSubscription({ topics, tasks: this.#tasks ?? [] });
    const joined = await this.#ask<JoinedGroup>('joining', (broker) =>
      broker.joinGroup({
        groupId,
        memberId: this.#memberId,
        sessionTimeout: SESSION_TIMEOUT,
        rebalanceTimeout: REBALANCE_TIMEOUT,
        groupProtocols: [{ name: PROTOCOL, metadata }],
      }),
    );
    this.#memberId = joined.memberId;
    this.#generation = joined.generationId;
    this.#isLeader = joined.leaderId === joined.memberId;
    const groupAssignment = this.#isLeader ? await this.#assign(joined.members) : [];
    const { memberAssignment } = await this.#ask<{ readonly memberAssignment: Uint8Array | null }>('reading the tasks of', (broker) =>
      broker.syncGroup({ groupId, memberId: this.#memberId, generationId: this.#generation, groupAssignment }),
    );
    return decodeAssignment(memberAssignment ?? new Uint8Array(0));
  }

  async #assign(members: JoinedGroup['members']) {
    const owners = members.map(({ memberId, memberMetadata }) => ({ id: memberId, tasks: decodeSubscription(memberMetadata).tasks }));
    const assigned = assignTasks(await this.#taskCount(), owners);
    return [...assigned].map(([memberId, tasks]) => ({ memberId, memberAssignment: encodeAssignment(this.#group.topics, tasks) }));
  }

  async #taskCount(): Promise<number> {
    const counts = await Promise.all(this.#group.topics.map(async (topic) => (await this.#client.partitions(topic)).size));
    return Math.max(0, ...counts);
  }

  /** Keeps the membership alive until the group changes, which the coordinator answers to a heartbeat. */
  async #stay(signal: AbortSignal): Promise<void> {
    const { group: groupId } = this.#group;
    const count = this.#isLeader ? await this.#taskCount() : 0;
    let checked = performance.now();
    while (!signal.aborted) {
      await sleep(HEARTBEAT_INTERVAL, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await this.#ask('staying in', (broker) =>
        broker.heartbeat({ groupId, memberId: this.#memberId, groupGenerationId: this.#generation }),
      );
      if (!this.#isLeader || performance.now() - checked < PARTITION_CHECK_INTERVAL) continue;
      checked = performance.now();
      if ((await this.#taskCount()) !== count) return;
    }
  }

  async #leave(): Promise<void> {
    const { group: groupId } = this.#group;
    if (this.#memberId === '') return;
    await this.#ask('leaving', (broker) => broker.leaveGroup({ groupId, memberId: this.#memberId })).catch(() => {});
  }
}

interface JoinedGroup {
  readonly memberId: string;
  readonly leaderId: string;
  readonly generationId: number;
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Uint8Array }[];
}
