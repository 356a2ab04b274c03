// Commits epochs of two records until it is killed; prints each epoch once it is acknowledged.
import { openLog } from '../../../connectors/index.ts';
import { commitRecord, recordsOf } from '../../contract/plain-records.ts';

const home = openLog(process.argv[2] as string);
await home.topics.ensure('out', { partitions: 1 });
await home.epochs.open('main/0');
for (let epoch = 1; ; epoch++) {
  const records = recordsOf([`a ${epoch}`, `b ${epoch}`]);
  await home.epochs.commit({ record: commitRecord('main/0', epoch), outputs: [{ topic: 'out', partition: 0, records }] });
  process.stdout.write(`${epoch}\n`);
}
