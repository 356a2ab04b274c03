/** Two columns of the Parquet file that MILLRACE_FEED_FILE names, replayed into `fed` and copied to `out`: a pipeline file for `millrace run`. */
import { category, definePipeline, float64, replay, required, schema, timestamp } from 'millrace';
import { parquet, topic } from 'millrace/connectors';

const reading = schema({ station: required(category()), at: required(timestamp()), pm25: float64() }, { eventTime: 'at', key: 'station' });
const fed = topic('fed', { schema: reading });

export const pipeline = definePipeline({
  name: 'feed-file',
  feeds: { file: replay(parquet(process.env.MILLRACE_FEED_FILE ?? '', { schema: reading }), { to: fed }) },
  sources: { fed },
  sinks: { out: topic('out', { schema: reading }) },
  flow: (streams) => ({ out: streams.fed }),
});
