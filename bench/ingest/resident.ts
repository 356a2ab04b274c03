/** Reads rows of a topic into columns, over and over until so many are read, and prints the most memory it ever held, in MB: `node resident.ts BROKERS TOPIC ROWS`. */
import { json, openKafka, topic } from '../../connectors/index.ts';
import { collectSeldom } from '../../pipeline/index.ts';
import { BATCH_ROWS } from './ours.ts';
import { readings } from './readings.ts';

collectSeldom();
const [brokers = '', name = '', rows = '0'] = process.argv.slice(2);
const home = openKafka({ brokers });
let read = 0;
while (read < Number(rows)) {
  const source = home.source(topic(name, { schema: readings, format: json() }), 'bench');
  await source.open(0, undefined);
  for (let lag = 1; lag > 0 && read < Number(rows); ) {
    const batch = await source.next({ rows: BATCH_ROWS, bytes: 8_000_000 });
    if (typeof batch === 'string') continue;
    read += batch.batch.numRows;
    lag = batch.lag;
  }
  await source.close();
}
await home.close();
console.log(process.resourceUsage().maxRSS / 1024);
