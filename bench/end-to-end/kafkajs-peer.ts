/** J1 as a plain Node application does it: kafkajs, JSON.parse, a Map of windows. At least once; a crash loses its windows. */
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { DISORDER } from './records.ts';

const SIZE = 10_000;
const BYTES = 8 * 1024 * 1024;

interface Window {
  readonly sensor: string;
  readonly start: number;
  sum: number;
  min: number;
  max: number;
  count: number;
}

/** The windows of one partition. */
class Windows {
  readonly #open = new Map<number, Map<string, Window>>();
  #highest = Number.NEGATIVE_INFINITY;
  rows = 0;
  broken = 0;

  add(text: string): void {
    let row: { ts: number; sensor: string; temp: number; humidity: number };
    try {
      row = JSON.parse(text);
    } catch {
      this.broken++;
      return;
    }
    if (!(row.temp >= -60 && row.temp <= 100 && row.humidity >= 0 && row.humidity <= 100)) return;
    this.rows++;
    const start = row.ts - (row.ts % SIZE);
    const sensors = this.#open.get(start) ?? new Map<string, Window>();
    this.#open.set(start, sensors);
    const window = sensors.get(row.sensor);
    if (window === undefined) sensors.set(row.sensor, { sensor: row.sensor, start, sum: row.temp, min: row.temp, max: row.temp, count: 1 });
    else {
      window.sum += row.temp;
      window.count++;
      if (row.temp < window.min) window.min = row.temp;
      if (row.temp > window.max) window.max = row.temp;
    }
    if (row.ts > this.#highest) this.#highest = row.ts;
  }

  /** Results of the windows that the watermark has passed. */
  closed(mark = this.#highest - DISORDER): string[] {
    const results: string[] = [];
    for (const [start, sensors] of this.#open) {
      if (start + SIZE > mark) continue;
      for (const { sensor, sum, min, max, count } of sensors.values()) {
        results.push(JSON.stringify({ sensor, windowStart: start, mean: sum / count, min, max, count }));
      }
      this.#open.delete(start);
    }
    return results;
  }
}

async function publish(producer: Producer, topic: string, results: readonly string[]): Promise<void> {
  if (results.length > 0) await producer.send({ topic, messages: results.map((value) => ({ value })) });
}

/** Rows per second from the first fetched batch to the last published window, and the windows published. */
export async function kafkajsWindows(
  brokers: string,
  from: string,
  to: string,
  records: number,
): Promise<{ readonly rate: number; readonly windows: number }> {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  const consumer = kafka.consumer({ groupId: `bench-${performance.now()}`, maxWaitTimeInMs: 100, maxBytesPerPartition: BYTES });
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topics: [from], fromBeginning: true });
  const partitions = new Map<number, Windows>();
  const { promise, resolve } = Promise.withResolvers<void>();
  let begun = 0;
  let read = 0;
  let windows = 0;
  await consumer.run({
    eachBatch: async ({ batch }) => {
      begun ||= performance.now();
      const open = partitions.get(batch.partition) ?? new Windows();
      partitions.set(batch.partition, open);
      for (const { value } of batch.messages) open.add(String(value));
      const results = open.closed();
      windows += results.length;
      await publish(producer, to, results);
      read += batch.messages.length;
      if (read >= records) resolve();
    },
  });
  await promise;
  for (const open of partitions.values()) {
    const results = open.closed(Number.POSITIVE_INFINITY);
    windows += results.length;
    await publish(producer, to, results);
  }
  const rate = (read / (performance.now() - begun)) * 1000;
  await Promise.all([consumer.disconnect(), producer.disconnect()]);
  return { rate, windows };
}
