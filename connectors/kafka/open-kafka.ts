import type { TypeMap } from 'apache-arrow';
import type { Observable } from 'rxjs';
import { parseOptions } from '../../streams/index.ts';
import type { Home, Position, Source, TopicDefinition } from '../contract/index.ts';
import { ClusterClient } from './cluster-client.ts';
import { CommittedEnds } from './committed-ends.ts';
import { KafkaEpochStore } from './kafka-epoch-store.ts';
import { type KafkaOptions, kafkaOptions } from './kafka-options.ts';
import { KafkaSource } from './kafka-source.ts';
import { KafkaTopics } from './kafka-topics.ts';
import { StartOffsets } from './start-offsets.ts';
import { taskAssignments } from './task-group.ts';

/** A home whose tasks can be shared by processes on many machines. */
export interface KafkaHome extends Home {
  /**
   * Joins a consumer group that shares the tasks of co-partitioned topics: gives the numbers of this process's tasks whenever the group has settled. Unsubscribing leaves the group.
   */
  assignments(group: string, topics: readonly string[]): Observable<readonly number[]>;
}

/**
 * Opens a Kafka cluster as the home of pipelines: topics, sources with positions kept in commit records, and epochs committed as transactions.
 *
 * Nothing connects until it is needed. Made for Kafka 2.5 and newer.
 *
 * @throws MillraceError INVALID_OPTION at once; later UNAVAILABLE, AUTHENTICATION_FAILED, UNKNOWN_TOPIC, FENCED from what the calls do.
 * @example
 * const home = openKafka({ brokers: 'localhost:9092' });
 * await home.topics.ensure('readings', { partitions: 4 });
 * await home.close();
 */
export function openKafka(options: KafkaOptions): KafkaHome {
  const settings = parseOptions('openKafka', kafkaOptions, options);
  const client = new ClusterClient(settings);
  const ends = new CommittedEnds();
  const groups = new Map<string, string>();
  const starts = new StartOffsets();
  const topics = new KafkaTopics(client, ends);
  const epochs = new KafkaEpochStore(client, topics, ends, { groups, starts });
  return {
    kind: 'kafka',
    address: settings.brokers.join(','),
    epochs,
    topics,
    source<T extends TypeMap>(topic: TopicDefinition<T>, group: string): Source<T> {
      // A group has one offset per partition; tasks that read the same one have none to share.
      if (topic.broadcast !== true) groups.set(topic.name, group);
      return new KafkaSource(settings, topic, group, starts);
    },
    async positions(): Promise<ReadonlyMap<string, Readonly<Record<string, Position>>>> {
      return new Map((await epochs.peek('')).flatMap(({ task, positions, copyOf }) => (copyOf === undefined ? [[task, positions]] : [])));
    },
    assignments: (group, inputs) => taskAssignments(settings, { group, topics: inputs }),
    close: () => client.close(),
  };
}
