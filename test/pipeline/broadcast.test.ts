import { describe, expect, it } from 'vitest';
import { category, float64, required, schema, timestamp, utf8 } from '../../columnar/index.ts';
import { type Home, memoryStore, topic } from '../../connectors/index.ts';
import { globalTable, lookupJoin, range, validate } from '../../operators/index.ts';
import { broadcast, definePipeline, readRejected, start } from '../../pipeline/index.ts';
import { simulate } from '../../pipeline/testing.ts';
import { flow } from '../../streams/index.ts';
import { records } from './example-pipelines.ts';

const reading = schema({ sensor: required(category()), at: timestamp(), value: float64() }, { eventTime: 'at', key: 'sensor' });
const place = schema({ id: required(category()), at: timestamp(), room: utf8(), floor: float64() }, { eventTime: 'at', key: 'id' });
const placed = schema(
  { sensor: required(category()), at: timestamp(), value: float64(), room: utf8() },
  { eventTime: 'at', key: 'sensor' },
);

const readings = topic('readings', { schema: reading, partitions: 3 });
const places = topic('places', { schema: place });
const pipelineOf = (sensors: typeof places) =>
  definePipeline({
    name: 'placing',
    sources: { readings, sensors },
    sinks: { placed: topic('placed', { schema: placed, partitions: 3 }) },
    flow: (streams) => ({
      placed: flow(
        streams.readings,
        lookupJoin(globalTable(flow(streams.sensors, validate({ floor: range(0, 9) })), { key: 'id' }), {
          key: 'sensor',
          columns: ['room'],
        }),
      ),
    }),
  });
const pipeline = pipelineOf(broadcast(places));

const PLACES = [
  '{"id":"s0","at":1,"room":"hall","floor":0}',
  'no JSON',
  '{"id":"s1","at":2,"room":"attic","floor":99}',
  '{"id":"s2","at":3,"room":"loft","floor":1}',
];

async function publish(home: Home): Promise<void> {
  await home.topics.ensure('readings', { partitions: 3 });
  await home.topics.ensure('places', { partitions: 1 });
  await home.topics.append('places', 0, records(PLACES));
  for (const partition of [0, 1, 2])
    await home.topics.append('readings', partition, records([10, 20].map((at) => `{"sensor":"s${partition}","at":${at},"value":${at}}`)));
}

async function rowsOf(home: Home, name: string): Promise<{ readonly sensor: string; readonly room: string | null }[]> {
  const parts = await Promise.all((await home.topics.list(name)).map(({ partition }) => home.topics.read(name, partition, 0, 1e6)));
  return parts.flatMap((part) =>
    Array.from({ length: part.count }, (_, i) => {
      const from = part.valueStart[i] as number;
      return JSON.parse(new TextDecoder().decode(part.bytes.subarray(from, from + (part.valueLength[i] as number))));
    }),
  );
}

describe('a broadcast input', () => {
  it('is read whole by every task; what of it is rejected is published once', async () => {
    const store = memoryStore();
    await publish(store.open());
    await start(pipeline, { home: store.open(), drain: true }).done;
    const home = store.open();
    expect((await rowsOf(home, 'placed')).map(({ sensor, room }) => [sensor, room ?? null]).sort()).toEqual(
      [
        ['s0', 'hall'],
        ['s1', null],
        ['s2', 'loft'],
      ].flatMap((row) => [row, row]),
    );
    const rejected: string[] = [];
    for await (const part of readRejected(home, 'placing.rejects', 0, 0, 100)) for (const { step } of part.records) rejected.push(step);
    expect(rejected.sort()).toEqual(['decode', 'validate']);
  });

  it('leaves no trace of faults', { timeout: 60_000 }, async () => {
    const rows = [0, 1, 2].map((partition) =>
      records(Array.from({ length: 40 }, (_, i) => `{"sensor":"s${partition}","at":${10 * i},"value":1}`)),
    );
    const report = await simulate(pipeline, { inputs: { readings: rows, places: [records(PLACES)] }, seeds: 12 });
    expect(report.runs).toBe(12);
    expect(report.faults['kill-after']).toBeGreaterThan(0);
  });

  it('has one partition, and is read from its beginning', async () => {
    const store = memoryStore();
    await store.open().topics.ensure('places', { partitions: 2 });
    await expect(start(pipeline, { home: store.open(), drain: true }).done).rejects.toThrow(
      "input 'sensors' is broadcast, but has 2 partitions",
    );
    expect(() => broadcast({ ...places, startAt: 'latest' })).toThrow(
      "topic 'places' is broadcast, so it has to be read from its beginning",
    );
  });

  it('is needed where the others have more partitions', async () => {
    const store = memoryStore();
    await expect(start(pipelineOf(places), { home: store.open(), drain: true }).done).rejects.toThrow('unequal partition counts');
  });
});
