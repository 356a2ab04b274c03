import { openLog } from '../../../connectors/index.ts';
import { epochStoreSuite } from '../../contract/epoch-store-suite.ts';
import { sourceSuite } from '../../contract/source-suite.ts';
import { topicsSuite } from '../../contract/topics-suite.ts';
import { temporaryFolders } from './temporary-folder.ts';

const temporaryFolder = temporaryFolders();

// Handles in one process stand for runs: the run lock would refuse the second, so that fencing could not be seen.
const fixture = async () => {
  const folder = temporaryFolder();
  return { open: async () => openLog(folder, { exclusive: false }) };
};

topicsSuite('the embedded log', fixture);
epochStoreSuite('the embedded log', fixture);
sourceSuite('the embedded log', fixture);
