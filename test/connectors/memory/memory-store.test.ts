import { memoryStore } from '../../../connectors/index.ts';
import { epochStoreSuite } from '../../contract/epoch-store-suite.ts';
import { sourceSuite } from '../../contract/source-suite.ts';
import { topicsSuite } from '../../contract/topics-suite.ts';

const fixture = async () => {
  const store = memoryStore();
  return { open: async () => store.open() };
};

topicsSuite('memory', fixture);
epochStoreSuite('memory', fixture);
sourceSuite('memory', fixture);
