import type { TypeMap } from '../columnar/index.ts';
import type { SourceDefinition, TopicDefinition } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import type { Input } from './definition.ts';

/**
 * An input that every task reads whole, whatever their number: a table that all of them look things up in. It has one partition; the other inputs are shared among the tasks as usual.
 *
 * Each task keeps a position of its own in it, so its rows are counted once per task. What of it is rejected is published by the first task only. No lag is told of it.
 *
 * @throws MillraceError INVALID_PIPELINE for a topic that is not to be read from its beginning: tasks that begin at different times would hold different tables.
 * @example
 * sources: { readings: topic('readings', { schema: reading, partitions: 4 }), sensors: broadcast(topic('sensors', { schema: sensor })) },
 * flow: ({ readings, sensors }) => ({ placed: flow(readings, lookupJoin(globalTable(sensors, { key: 'id' }), { key: 'sensor', columns: ['room'] })) }),
 */
export function broadcast<D extends TopicDefinition<TypeMap> | SourceDefinition<TypeMap>>(input: D): D {
  if (input.kind === 'topic' && input.startAt !== undefined && input.startAt !== 'earliest') {
    throw new MillraceError('INVALID_PIPELINE', `topic '${input.name}' is broadcast, so it has to be read from its beginning`, {
      hint: 'leave out startAt',
    });
  }
  return { ...input, broadcast: true };
}

/** Whether every task reads the whole of an input. */
export const isBroadcast = (input: Input): boolean => (input.kind === 'topic' || input.kind === 'source') && input.broadcast === true;

/** The partition of an input that a task reads. */
export const partitionFor = (input: Input, task: number) => (isBroadcast(input) ? 0 : task);

/** @throws MillraceError INVALID_PIPELINE */
export function checkWhole(name: string, partitions: number): void {
  if (partitions === 1) return;
  throw new MillraceError('INVALID_PIPELINE', `input '${name}' is broadcast, but has ${partitions} partitions`, {
    hint: 'copy it into a topic of one partition (repartition), and broadcast that',
  });
}
