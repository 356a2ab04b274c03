import type { TypeMap } from 'apache-arrow';
import { rolesOf } from '../columnar/index.ts';
import type { TopicDefinition } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import { definePipeline, type Pipeline } from './definition.ts';

/**
 * A pipeline that copies a topic into another one with another key or number of partitions, so that rows of one key lie in one partition: a pipeline that joins or aggregates by this key
 * reads the copy. It runs as any other, beside the one that reads the copy (a process of its own, or a second `start` in this one), with as many tasks as the first topic has partitions, and publishes exactly once.
 *
 * A row's partition is that of its key in the copy's schema. Rows of one key and one partition of the first topic keep their order; those of different partitions come as they come, so let
 * the copy's `allowedLateness` cover how far the partitions may be apart. Columns that the copy's schema does not name are left out.
 *
 * @param name names its state and commit records, as that of any pipeline
 * @throws MillraceError INVALID_PIPELINE when the copy's schema has no key, or a column that the first one lacks
 * @example
 * export const pipeline = repartition('clicks-by-user', topic('clicks', { schema: click }), topic('clicks-by-user', { schema: byUser, partitions: 8 }));
 */
export function repartition<From extends TypeMap, To extends TypeMap>(
  name: string,
  from: TopicDefinition<From>,
  to: TopicDefinition<To>,
): Pipeline {
  const refuse = (problem: string, hint: string) => {
    throw new MillraceError('INVALID_PIPELINE', `${name}: ${problem}`, { hint });
  };
  if (rolesOf(to.schema).key === undefined)
    refuse(`the schema of topic '${to.name}' has no key`, "name the column that rows are spread by: schema({ ... }, { key: 'user' })");
  if (from.name === to.name) refuse(`topic '${to.name}' would be copied into itself`, 'give the copy a name of its own');
  const known = new Set(from.schema.fields.map((field) => field.name));
  const lacking = to.schema.fields.find((field) => !known.has(field.name));
  if (lacking !== undefined)
    refuse(
      `topic '${from.name}' has no column '${lacking.name}'`,
      'copy columns that it has; operators belong into the pipeline that reads the copy',
    );
  return definePipeline({ name, sources: { rows: from }, sinks: { copy: to }, flow: ({ rows }) => ({ copy: rows as never }) });
}
