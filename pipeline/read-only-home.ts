import type { Home, Topics } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';

/** The same home, whose topics can only be read: a topic that is missing is UNKNOWN_TOPIC instead of being created. */
export function readOnlyHome(home: Home): Home {
  const refuse = async () => {
    throw new MillraceError('INTERNAL', 'topics can only be read here');
  };
  const topics: Topics = {
    ensure: async (topic, settings) => {
      // The list says that there is no such topic, and which there are.
      if (!(await home.topics.names()).includes(topic)) await home.topics.list(topic);
      return home.topics.ensure(topic, settings);
    },
    names: () => home.topics.names(),
    list: (topic) => home.topics.list(topic),
    read: (topic, partition, offset, maxBytes) => home.topics.read(topic, partition, offset, maxBytes),
    remove: refuse,
    append: refuse,
  };
  return { ...home, topics };
}
