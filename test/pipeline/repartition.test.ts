import { describe, expect, it } from 'vitest';
import { category, float64, required, schema, timestamp, utf8 } from '../../columnar/index.ts';
import { type Home, type MemoryStore, memoryStore, partitionOf, topic } from '../../connectors/index.ts';
import { joinAsOf } from '../../operators/index.ts';
import { definePipeline, repartition, start, systemClock } from '../../pipeline/index.ts';
import { flow } from '../../streams/index.ts';
import { records, runningTotal, summed } from './example-pipelines.ts';

const click = schema(
  { page: required(category()), sensor: required(category()), at: timestamp(), value: float64() },
  { eventTime: 'at', key: 'page' },
);
const bySensor = schema({ sensor: required(category()), at: timestamp(), value: float64() }, { eventTime: 'at', key: 'sensor' });

const clicks = topic('clicks', { schema: click, partitions: 2 });
const copy = topic('clicks-by-sensor', { schema: bySensor, partitions: 4, allowedLateness: 1_000_000 });
const spread = repartition('spread', clicks, copy);

const totals = definePipeline({
  name: 'totals',
  sources: { events: copy },
  sinks: { totals: topic('totals', { schema: summed, partitions: 4 }) },
  flow: ({ events }) => ({ totals: flow(events, runningTotal()) }),
});

const encoder = new TextEncoder();

/** Clicks `from` to `to`: seven pages over two partitions, five sensors. */
async function publishClicks(home: Home, from: number, to: number): Promise<void> {
  const values: string[][] = [[], []];
  for (let i = from; i < to; i++) {
    const page = `p${i % 7}`;
    values[partitionOf(encoder.encode(page), 2)]?.push(JSON.stringify({ page, sensor: `s${(i * 3) % 5}`, at: i * 1000, value: i % 10 }));
  }
  await home.topics.ensure('clicks', { partitions: 2 });
  for (const [partition, texts] of values.entries()) if (texts.length > 0) await home.topics.append('clicks', partition, records(texts));
}

interface Row {
  readonly sensor: string;
  readonly at: number | string;
  readonly value: number;
  readonly total?: number;
}

async function rowsOf(store: MemoryStore, name: string, partitions = 4): Promise<Row[][]> {
  const { topics } = store.open();
  return Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const block = await topics.read(name, partition, 0, 1e8);
      return Array.from({ length: block.count }, (_, i) => {
        const start = block.valueStart[i] as number;
        return JSON.parse(new TextDecoder().decode(block.bytes.subarray(start, start + (block.valueLength[i] as number)))) as Row;
      });
    }),
  );
}

const drained = (pipeline: typeof spread, store: MemoryStore) => start(pipeline, { home: store.open(), drain: true, resumable: true }).done;

describe('repartition', () => {
  it('brings the rows of a key into one partition, from two partitions to four', async () => {
    const store = memoryStore();
    await publishClicks(store.open(), 0, 300);
    expect(await drained(spread, store)).toMatchObject({ rowsIn: 300 });
    const partitions = await rowsOf(store, 'clicks-by-sensor');
    expect(partitions.flat().length).toBe(300);
    for (const [partition, rows] of partitions.entries()) {
      for (const { sensor } of rows) expect(partitionOf(encoder.encode(sensor), 4)).toBe(partition);
    }
    await drained(totals, store);
    const highest = new Map<string, number>();
    for (const { sensor, total } of (await rowsOf(store, 'totals')).flat())
      highest.set(sensor, Math.max(highest.get(sensor) ?? 0, total ?? 0));
    const expected = new Map<string, number>();
    for (let i = 0; i < 300; i++) expected.set(`s${(i * 3) % 5}`, (expected.get(`s${(i * 3) % 5}`) ?? 0) + (i % 10));
    expect(new Map([...highest].sort())).toEqual(new Map([...expected].sort()));
  });

  it('publishes exactly once: a task that was fenced in mid-run leaves nothing double', async () => {
    const store = memoryStore();
    await publishClicks(store.open(), 0, 0);
    const first = start(spread, { home: store.open(), clock: systemClock, task: { batchRows: 16 } });
    for (let chunk = 0; chunk < 4; chunk++) {
      await publishClicks(store.open(), chunk * 100, chunk * 100 + 100);
      if (chunk === 2) {
        while ((await rowsOf(store, 'clicks-by-sensor').catch(() => [])).flat().length < 100)
          await new Promise((resolve) => setTimeout(resolve, 2));
        await store.open().epochs.open('spread/0');
      }
    }
    await expect(first.done).rejects.toMatchObject({ code: 'FENCED' });
    await drained(spread, store);
    const copied = (await rowsOf(store, 'clicks-by-sensor')).flat();
    expect(copied.map(({ at }) => Number(new Date(at)) / 1000).sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i));
  });

  it('lets topics of unequal partitions be joined', async () => {
    const store = memoryStore();
    await publishClicks(store.open(), 0, 50);
    const limits = topic('limits', {
      schema: schema({ sensor: required(category()), at: timestamp(), limit: float64() }, { eventTime: 'at', key: 'sensor' }),
      partitions: 4,
    });
    const { topics } = store.open();
    await topics.ensure('limits', { partitions: 4 });
    for (let sensor = 0; sensor < 5; sensor++) {
      const key = `s${sensor}`;
      await topics.append(
        'limits',
        partitionOf(encoder.encode(key), 4),
        records([JSON.stringify({ sensor: key, at: 0, limit: sensor * 100 })]),
      );
    }
    const joined = (source: typeof copy | typeof clicks) =>
      definePipeline({
        name: 'limited',
        sources: { events: source as typeof copy, limits },
        sinks: {
          out: topic('out', {
            schema: schema({ sensor: required(category()), at: timestamp(), limit: float64() }, { eventTime: 'at', key: 'sensor' }),
            partitions: 4,
          }),
        },
        flow: (streams) => ({ out: flow(streams.events, joinAsOf(streams.limits, { key: 'sensor', columns: ['limit'] })) as never }),
      });
    await expect(drained(joined(clicks), store)).rejects.toMatchObject({
      code: 'INVALID_PIPELINE',
      hint: expect.stringContaining('repartition'),
    });
    await drained(spread, store);
    // The join holds rows back until its inputs have truly ended.
    await start(joined(copy), { home: store.open(), drain: true }).done;
    const rows = (await rowsOf(store, 'out')).flat() as unknown as { sensor: string; limit: number }[];
    expect(rows.length).toBe(50);
    for (const { sensor, limit } of rows) expect(limit).toBe(Number(sensor.slice(1)) * 100);
  });

  it('refuses copies that cannot be made', () => {
    const refused = (to: ReturnType<typeof topic>) => () => repartition('bad', clicks, to as never);
    expect(refused(topic('other', { schema: schema({ sensor: category(), at: timestamp() }) }) as never)).toThrow('has no key');
    expect(refused(topic('clicks', { schema: bySensor }) as never)).toThrow('copied into itself');
    expect(refused(topic('other', { schema: schema({ user: category(), note: utf8() }, { key: 'user' }) }) as never)).toThrow(
      "has no column 'user'",
    );
  });
});
