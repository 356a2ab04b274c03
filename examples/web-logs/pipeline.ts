/**
 * Traffic and errors per minute from a web server's access log: log line -> columns -> windows of event time -> topic.
 *
 * Data: Elastic's example access log, Apache-2.0 (see data/README.md). Run it with `npm run millrace -- run examples/web-logs/pipeline.ts`.
 */
import { fileURLToPath } from 'node:url';
import { definePipeline, float64, flow, replay, required, schema, timestamp, utf8 } from 'millrace';
import { combinedLog, combinedLogSchema, fileSource, text, topic } from 'millrace/connectors';
import { count, distinct, sum, tumblingWindow, withColumn } from 'millrace/operators';

/** One line as the server wrote it. */
const line = schema({ line: required(utf8()) });
const file = fileURLToPath(new URL('./data/access.log', import.meta.url));

/** One minute of traffic. */
const minute = schema(
  {
    windowStart: required(timestamp()),
    windowEnd: required(timestamp()),
    windowTime: required(timestamp()),
    requests: required(float64()),
    clients: required(float64()),
    bytes: float64(),
    notFound: float64(),
    serverErrors: float64(),
  },
  { eventTime: 'windowTime' },
);

export const pipeline = definePipeline({
  name: 'web-logs',
  feeds: { server: replay(fileSource(file, { schema: line, format: text() }), { to: topic('access', { schema: line, format: text() }) }) },
  // A server writes a line when a request ends, so lines come a little out of order.
  sources: { requests: topic('access', { schema: combinedLogSchema, format: combinedLog(), allowedLateness: '1m' }) },
  sinks: { traffic: topic('traffic', { schema: minute }) },
  flow: ({ requests }) => ({
    traffic: flow(
      requests,
      withColumn('missing', (row) => row.status.equals(404).toNumber()),
      withColumn('failed', (row) => row.status.atLeast(500).toNumber()),
      tumblingWindow({
        size: '1m',
        aggregates: {
          requests: count(),
          clients: distinct('client'),
          bytes: sum('bytes'),
          notFound: sum('missing'),
          serverErrors: sum('failed'),
        },
      }),
    ),
  }),
});
