/** Archives epochs in a process that may be killed at any time: `archive-child.ts FOLDER EPOCHS`. The commit record is the file `committed`. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archive } from '../../../connectors/parquet/index.ts';
import { streamBatch } from '../../../streams/index.ts';
import { range, readingBatch } from './reading-batch.ts';

/** Enough for the encoding thread, and more than one row group. */
const EPOCH_ROWS = 10_000;
const [folder = '', epochs = ''] = process.argv.slice(2);

const record = join(folder, 'committed');
const committed = existsSync(record) ? Number(readFileSync(record, 'utf8')) : undefined;
const sink = archive(join(folder, 'archive'), { rowGroupRows: 12_000, roll: { rows: 25_000 }, compression: 'snappy' }).create();
await sink.open('task-0');
await sink.recover(committed);
for (let epoch = committed ?? 0; epoch < Number(epochs); epoch++) {
  const batch = readingBatch(range(epoch * EPOCH_ROWS, (epoch + 1) * EPOCH_ROWS));
  for (let from = 0; from < EPOCH_ROWS; from += 4_096)
    await sink.write(streamBatch(batch.slice(from, Math.min(EPOCH_ROWS, from + 4_096)) as never));
  await sink.prepare(epoch + 1);
  writeFileSync(`${record}.new`, String(epoch + 1));
  renameSync(`${record}.new`, record);
  await sink.commit(epoch + 1);
  process.stdout.write('.');
}
await sink.close();
