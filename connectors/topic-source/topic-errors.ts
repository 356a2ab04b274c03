import { MillraceError } from '../../streams/index.ts';
import type { TopicSettings } from '../contract/index.ts';

/** The error for a topic that is not there; lists those that are. */
export function unknownTopic(topic: string, known: readonly string[]): MillraceError {
  return new MillraceError('UNKNOWN_TOPIC', `topic '${topic}' does not exist; there ${listOf(known)}`);
}

function listOf(known: readonly string[]): string {
  if (known.length === 0) return 'are none';
  const shown = known.slice(0, 10).map((name) => `'${name}'`);
  return `are ${shown.join(', ')}${known.length > shown.length ? `, and ${known.length - shown.length} more` : ''}`;
}

/** Throws UNKNOWN_TOPIC unless the topic has the partition. */
export function checkPartition(topic: string, partition: number, partitions: number): void {
  if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return;
  throw new MillraceError('UNKNOWN_TOPIC', `topic '${topic}' has no partition ${partition}; it has ${partitions}`);
}

/** Throws INVALID_OPTION for settings that no store could keep. */
export function checkTopicSettings(topic: string, settings: TopicSettings): void {
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(topic)) {
    throw new MillraceError('INVALID_OPTION', `'${topic}' is no name for a topic`, {
      hint: 'letters, digits, dot, underscore and hyphen, at most 249',
    });
  }
  if (Number.isInteger(settings.partitions) && settings.partitions >= 1 && settings.partitions <= 10_000) return;
  throw new MillraceError('INVALID_OPTION', `topic '${topic}': partitions must be 1 to 10000, not ${settings.partitions}`);
}
