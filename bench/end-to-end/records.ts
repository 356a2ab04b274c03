import { boolean, category, float64, required, schema, timestamp } from '../../columnar/index.ts';
import { type Home, json, partitionOf, RecordWriter, topic } from '../../connectors/index.ts';

export const PARTITIONS = 4;
const SENSORS = 500;
/** 2026-01-01T00:00Z. */
export const START = 1_767_225_600_000;
/** One row a millisecond; records lie up to this many places, and so milliseconds, before or after their time. */
export const DISORDER = 200;
/** One record of so many is broken. */
const BROKEN = 1000;
const BLOCK = 20_000;

export const reading = schema(
  { ts: timestamp(), sensor: required(category()), temp: float64(), pressure: float64(), humidity: float64(), ok: boolean() },
  { eventTime: 'ts', key: 'sensor' },
);

/** The input of J1 and J2: JSON of about 100 bytes, by sensor over four partitions. */
export const readingsTopic = topic('bench-readings', {
  schema: reading,
  format: json(),
  partitions: PARTITIONS,
  allowedLateness: `${DISORDER}ms`,
});

const encoder = new TextEncoder();

/** The record at place `row`: disorder shuffles each block of 200 rows in a fixed way. */
export function recordText(row: number): { readonly sensor: string; readonly text: string; readonly time: number } {
  const block = row - (row % DISORDER);
  const at = block + (((row - block) * 77) % DISORDER);
  const sensor = `s${at % SENSORS}`;
  const ts = START + at;
  if (row % BROKEN === 500) return { sensor, time: ts, text: `{"ts":${ts},"sensor":"${sensor}","temp":` };
  const temp = (2000 + ((at * 7919) % 977) + ((at >> 9) % 500)) / 100;
  const text = `{"ts":${ts},"sensor":"${sensor}","temp":${temp},"pressure":${1000 + (at % 331) / 10},"humidity":${(at % 990) / 10},"ok":${at % 3 !== 0}}`;
  return { sensor, text, time: ts };
}

/** Rows that the first `rows` records hold. */
export const validRows = (rows: number) => rows - Math.floor((rows + BROKEN - 501) / BROKEN);

/** Publishes rows `from` to `to`, about a megabyte per partition and request. */
export async function publishReadings(home: Home, from: number, to: number): Promise<void> {
  await home.topics.ensure(readingsTopic.name, { partitions: PARTITIONS });
  const partitions = new Map(
    Array.from({ length: SENSORS }, (_, sensor) => [`s${sensor}`, partitionOf(encoder.encode(`s${sensor}`), PARTITIONS)]),
  );
  for (let start = from; start < to; start += BLOCK) {
    const writers = Array.from({ length: PARTITIONS }, () => new RecordWriter());
    for (let row = start; row < Math.min(start + BLOCK, to); row++) {
      const { sensor, text, time } = recordText(row);
      const writer = writers[partitions.get(sensor) as number] as RecordWriter;
      writer.value(encoder.encode(text));
      writer.endRecord({ key: null, timestamp: time });
    }
    for (const [partition, writer] of writers.entries())
      if (writer.count > 0) await home.topics.append(readingsTopic.name, partition, writer.finish());
  }
}
