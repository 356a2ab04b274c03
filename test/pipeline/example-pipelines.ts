import type { Float64 } from 'apache-arrow';
import {
  type ColumnsOf,
  category,
  float64,
  float64Data,
  numberView,
  required,
  schema,
  stringView,
  timestamp,
  withColumns,
} from '../../columnar/index.ts';
import { type Home, type MemoryStore, type RecordColumns, RecordWriter, topic } from '../../connectors/index.ts';
import { definePipeline } from '../../pipeline/index.ts';
import {
  flow,
  type Operator,
  type StateReader,
  type StreamBatch,
  statefulOperator,
  takeStreamRows,
  withBatch,
} from '../../streams/index.ts';

export const event = schema({ sensor: required(category()), at: timestamp(), value: float64() }, { eventTime: 'at', key: 'sensor' });
export type EventColumns = ColumnsOf<typeof event>;
type Summed = EventColumns & { total: Float64 };
export const summed = schema(
  { sensor: required(category()), at: timestamp(), value: float64(), total: float64() },
  { eventTime: 'at', key: 'sensor' },
);

/** Running total per sensor; negative values are rejected, zero is dropped by rule. `disturb` adds to every total: a planted dependence on something else than rows. */
export function runningTotal(disturb: () => number = () => 0): Operator<EventColumns, Summed> {
  return statefulOperator<EventColumns, Summed, Map<string, number>>('runningTotal', {
    version: 1,
    ledger: { left: ['in'], right: ['out', 'rejected'] },
    create: () => new Map(),
    onBatch: (totals, input, step) => {
      const sensors = stringView(input.batch, 'sensor');
      const values = numberView(input.batch, 'value').values;
      const kept: number[] = [];
      const sums: number[] = [];
      for (let row = 0; row < input.batch.numRows; row++) {
        const sensor = sensors.get(row) as string;
        const value = values[row] as number;
        if (value < 0) {
          step.reject({ ordinal: input.ordinal[row] as number, reason: `column 'value' is ${value}`, row: '{}' });
          continue;
        }
        const total = (totals.get(sensor) ?? 0) + value + disturb();
        totals.set(sensor, total);
        kept.push(row);
        sums.push(total);
      }
      const taken = kept.length === input.batch.numRows ? input : takeRowsOf(input, kept);
      return withBatch(taken, withColumns(taken.batch, { total: float64Data(Float64Array.from(sums)) })) as never;
    },
    snapshot: (totals, out) => {
      const names = [...totals.keys()].sort();
      out.strings(names);
      for (const name of names) out.number(totals.get(name) as number);
    },
    restore: (input: StateReader) => new Map(input.strings().map((name) => [name, input.number()])),
  });
}

const takeRowsOf = (input: StreamBatch<EventColumns>, rows: readonly number[]) => takeStreamRows(input, Int32Array.from(rows));

/** `events` -> running totals -> `totals`. */
export function totalsPipeline(disturb?: () => number) {
  return definePipeline({
    name: 'totals',
    sources: { events: topic('events', { schema: event }) },
    sinks: { totals: topic('totals', { schema: summed }) },
    flow: ({ events }) => ({ totals: flow(events, runningTotal(disturb)) }),
  });
}

/** Records of JSON values, one a string. */
export function records(values: readonly string[]): RecordColumns {
  const writer = new RecordWriter();
  values.forEach((value, row) => {
    writer.value(new TextEncoder().encode(value));
    writer.endRecord({ key: null, timestamp: row });
  });
  return writer.finish();
}

/** `count` readings of three sensors. */
export const readings = (count: number, from = 0) =>
  records(
    Array.from({ length: count }, (_, i) =>
      JSON.stringify({ sensor: `s${(from + i) % 3}`, at: 1000 * (from + i), value: (from + i) % 10 }),
    ),
  );

/** Publishes to a topic with one partition. */
export async function publish(home: Home, name: string, blocks: RecordColumns): Promise<void> {
  await home.topics.ensure(name, { partitions: 1 });
  await home.topics.append(name, 0, blocks);
}

/** All values of a topic's partition, as text. */
export async function valuesOf(store: MemoryStore | Home, name: string): Promise<readonly string[]> {
  const home = 'topics' in store ? store : store.open();
  const values: string[] = [];
  const [info] = await home.topics.list(name);
  for (let offset = info?.start ?? 0; offset < (info?.end ?? 0); ) {
    const block = await home.topics.read(name, 0, offset, 1e6);
    if (block.count === 0) break;
    for (let i = 0; i < block.count; i++) {
      const start = block.valueStart[i] as number;
      values.push(new TextDecoder().decode(block.bytes.subarray(start, start + (block.valueLength[i] as number))));
    }
    offset = (block.offset[block.count - 1] as number) + 1;
  }
  return values;
}
