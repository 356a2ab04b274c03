import type { TypeMap } from 'apache-arrow';
import { type Batch, instantsOf } from '../../columnar/index.ts';
import { type Home, RecordWriter, type TopicDefinition } from '../../connectors/index.ts';
import { type Readings, readingsBatch } from './readings.ts';

/** Rows of one batch, as a pipeline makes them. */
export const BATCH_ROWS = 4096;

const seconds = (begun: number) => (performance.now() - begun) / 1000;

/** Reads all rows of partition 0 into typed columns; rows per second. */
export async function consume<T extends TypeMap>(home: Home, topic: TopicDefinition<T>, rows: number): Promise<number> {
  const source = home.source(topic, 'bench');
  const begun = performance.now();
  await source.open(0, undefined);
  let read = 0;
  while (read < rows) {
    const batch = await source.next({ rows: BATCH_ROWS, bytes: 8_000_000 });
    if (typeof batch !== 'string') read += batch.batch.numRows + batch.rejects.length;
  }
  const taken = seconds(begun);
  await source.close();
  return rows / taken;
}

/** Batches made beforehand, encoded and appended about a megabyte at a time; rows per second. */
export async function publish(home: Home, topic: TopicDefinition<Readings>, rows: number): Promise<number> {
  await home.topics.remove(topic.name);
  await home.topics.ensure(topic.name, { partitions: 1 });
  const batches = Array.from({ length: 64 }, (_, index) => readingsBatch(index * BATCH_ROWS, BATCH_ROWS));
  const encoder = topic.format.encoder(topic.schema);
  const begun = performance.now();
  let written = 0;
  for (let index = 0; written < rows; index++) {
    const writer = new RecordWriter();
    for (let part = 0; part < 16; part++) {
      const batch = batches[(index * 16 + part) % batches.length] as Batch<Readings>;
      const times = instantsOf(batch, 'ts');
      encoder.encode(batch, writer, { key: () => null, timestamp: (row) => times[row] as number });
      written += batch.numRows;
    }
    await home.topics.append(topic.name, 0, writer.finish());
  }
  return written / seconds(begun);
}
