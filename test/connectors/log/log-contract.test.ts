import { type Home, openLog } from '../../../connectors/index.ts';
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

/** Handles as the workers of a run have them: the first starts the committer thread, the others write through it. */
const workers = async () => {
  const folder = temporaryFolder();
  let first: Home | undefined;
  return {
    open: async () => {
      const committer = first?.committerPort?.() ?? true;
      const home = openLog(folder, { exclusive: false, committer });
      first ??= home;
      return home;
    },
  };
};

topicsSuite('the embedded log with a committer thread', workers);
epochStoreSuite('the embedded log with a committer thread', workers);
