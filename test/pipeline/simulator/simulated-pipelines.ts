import type { Float64, TimestampMillisecond, Utf8 } from 'apache-arrow';
import type { Observable } from 'rxjs';
import {
  type ColumnsOf,
  float64,
  float64Data,
  makeBatch,
  numberView,
  required,
  schema,
  stringView,
  timestamp,
  timestampData,
  utf8,
  utf8Data,
} from '../../../columnar/index.ts';
import { topic } from '../../../connectors/index.ts';
import { adam, compile, dense, gru, learn, meanAbsoluteError, persistence, sequential } from '../../../models/index.ts';
import { column, dedupe, filterRows, lag, sequences, standardize, withColumn } from '../../../operators/index.ts';
import { definePipeline, type Pipeline } from '../../../pipeline/index.ts';
import { jsonRecords, type SimulatedInputs } from '../../../pipeline/testing.ts';
import { fanIn, flow, type StreamBatch, statefulOperator, streamBatch, takeStreamRows } from '../../../streams/index.ts';
import { event, runningTotal, summed } from '../example-pipelines.ts';

/** A pipeline and what it is given. */
export interface Simulated {
  readonly pipeline: Pipeline;
  readonly inputs: SimulatedInputs;
}

const events = topic('events', { schema: event });

/** Readings of three sensors, some of them broken or twice. */
function readings(count: number, sensors = ['s0', 's1', 's2']): (string | Record<string, unknown>)[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % 37 === 36) return '{"sensor":';
    return { sensor: sensors[(i * 7) % sensors.length], at: 1000 * (i - (i % 11 === 10 ? 3 : 0)), value: (i * 13) % 29 };
  });
}

const records = (rows: readonly (string | Record<string, unknown>)[]) => jsonRecords(rows, { key: 'sensor', timestamp: 'at' });

/** No state but the ledger. */
export const stateless = (): Simulated => ({
  pipeline: definePipeline({
    name: 'stateless',
    sources: { events },
    sinks: { hot: topic('hot', { schema: summed }) },
    flow: (streams) => ({
      hot: flow(
        streams.events,
        filterRows(({ value }) => value.greaterThan(5)),
        withColumn('total', ({ value }) => value.times(2)),
      ),
    }),
  }),
  inputs: { events: [records(readings(200))] },
});

type EventColumns = ColumnsOf<typeof event>;
const windowed = schema({ sensor: required(utf8()), end: timestamp(), mean: float64() }, { eventTime: 'end', key: 'sensor' });
type WindowColumns = { sensor: Utf8; end: TimestampMillisecond; mean: Float64 };
interface OpenWindow {
  readonly sensor: string;
  readonly end: number;
  sum: number;
  count: number;
}

/** Means of 10 s windows, closed by the watermark; late rows are counted. A small stand-in that shows its state at every epoch. */
const windowMeans = () =>
  statefulOperator<EventColumns, WindowColumns, OpenWindow[]>('windowMeans', {
    version: 1,
    ledger: { left: ['in'], right: ['assigned', 'late'] },
    create: () => [],
    onBatch: (open, input, step) => {
      const closed: { window: OpenWindow; row: number }[] = [];
      const sensors = stringView(input.batch, 'sensor');
      const values = numberView(input.batch, 'value').values;
      const times = numberView(input.batch, 'at' as never).values;
      for (let row = 0; row < input.batch.numRows; row++) {
        const watermark = input.watermark[row] as number;
        const end = (Math.floor(Number(times[row]) / 10_000) + 1) * 10_000;
        if (end <= watermark) step.count('late', 1);
        else {
          step.count('assigned', 1);
          const sensor = sensors.get(row) as string;
          let window = open.find((candidate) => candidate.sensor === sensor && candidate.end === end);
          if (window === undefined) {
            window = { sensor, end, sum: 0, count: 0 };
            open.push(window);
          }
          window.sum += values[row] as number;
          window.count++;
        }
        for (const window of open.filter((candidate) => candidate.end <= watermark)) {
          open.splice(open.indexOf(window), 1);
          closed.push({ window, row });
        }
      }
      return windowRows(input, closed);
    },
    snapshot: (open, out) => {
      out.number(open.length);
      for (const { sensor, end, sum, count } of open) out.string(sensor).number(end).number(sum).number(count);
    },
    restore: (input) =>
      Array.from({ length: input.number() }, () => ({
        sensor: input.string(),
        end: input.number(),
        sum: input.number(),
        count: input.number(),
      })),
  });

function windowRows(
  input: StreamBatch,
  closed: readonly { readonly window: OpenWindow; readonly row: number }[],
): StreamBatch<WindowColumns> {
  const windows = closed.map(({ window }) => window);
  const batch = makeBatch<WindowColumns>(windowed, [
    utf8Data(windows.map(({ sensor }) => sensor)),
    timestampData(windows.map(({ end }) => end)),
    float64Data(Float64Array.from(windows, ({ sum, count }) => sum / count)),
  ]);
  const order = takeStreamRows(
    input,
    Int32Array.from(closed, ({ row }) => row),
  );
  const sub = Int32Array.from(closed, ({ row }, index) => index - closed.findIndex((other) => other.row === row));
  return { ...order, batch, sub };
}

export const windows = (): Simulated => ({
  pipeline: definePipeline({
    name: 'windows',
    sources: { events: topic('events', { schema: event, allowedLateness: '2s' }) },
    sinks: { means: topic('means', { schema: windowed }) },
    flow: (streams) => ({ means: flow(streams.events, dedupe({ key: 'sensor' }), windowMeans()) }),
  }),
  inputs: { events: [records(readings(240))] },
});

/** Each event with the newest setting of its sensor that came before it. */
function joinNewest(left: Observable<StreamBatch<EventColumns>>, right: Observable<StreamBatch<EventColumns>>) {
  return fanIn<readonly [EventColumns, EventColumns], EventColumns & { total: Float64 }, Map<string, number>>('joinNewest', [left, right], {
    version: 1,
    ledger: { left: ['in:0'], right: ['out'] },
    create: () => new Map(),
    onTurn: (newest, [events, settings]) => {
      const changes = settings.flatMap((batch) => rowsOf(batch));
      const joined = events.map((batch) => {
        const totals = rowsOf(batch).map(({ sensor, ordinal }) => {
          while (changes[0] !== undefined && changes[0].ordinal < ordinal) {
            const change = changes.shift() as (typeof changes)[number];
            newest.set(change.sensor, change.value);
          }
          return newest.get(sensor) ?? -1;
        });
        return { batch, totals };
      });
      for (const { sensor, value } of changes) newest.set(sensor, value);
      const [first] = joined;
      if (first === undefined) return undefined;
      const sum = joined.flatMap(({ totals }) => totals);
      return withTotals(
        joined.map(({ batch }) => batch),
        sum,
      );
    },
    snapshot: (newest, out) => {
      const sensors = [...newest.keys()].sort();
      out.strings(sensors);
      for (const sensor of sensors) out.number(newest.get(sensor) as number);
    },
    restore: (input) => new Map(input.strings().map((sensor) => [sensor, input.number()])),
  });
}

const rowsOf = (batch: StreamBatch<EventColumns>) => {
  const sensors = stringView(batch.batch, 'sensor');
  const values = numberView(batch.batch, 'value').values;
  return Array.from({ length: batch.batch.numRows }, (_, row) => ({
    sensor: sensors.get(row) as string,
    value: values[row] as number,
    ordinal: batch.ordinal[row] as number,
  }));
};

function withTotals(
  batches: readonly StreamBatch<EventColumns>[],
  totals: readonly number[],
): StreamBatch<EventColumns & { total: Float64 }> {
  const parts = batches.map((batch) => {
    const rows = rowsOf(batch);
    const times = numberView(batch.batch, 'at' as never).values;
    return { batch, rows, times: Array.from(rows, (_, row) => Number(times[row])) };
  });
  const rows = parts.flatMap((part) => part.rows);
  const joined = makeBatch<EventColumns & { total: Float64 }>(textSummed as never, [
    utf8Data(rows.map(({ sensor }) => sensor)),
    timestampData(parts.flatMap(({ times }) => times)),
    float64Data(Float64Array.from(rows, ({ value }) => value)),
    float64Data(Float64Array.from(totals)),
  ]);
  const order = {
    ordinal: Float64Array.from(rows, ({ ordinal }) => ordinal),
    sub: Int32Array.from(parts.flatMap(({ batch }) => [...batch.sub])),
    watermark: Float64Array.from(parts.flatMap(({ batch }) => [...batch.watermark])),
  };
  return { ...streamBatch(joined), ...order, origin: (parts[0] as (typeof parts)[number]).batch.origin };
}

const textSummed = schema(
  { sensor: required(utf8()), at: timestamp(), value: float64(), total: float64() },
  { eventTime: 'at', key: 'sensor' },
);

export const joins = (): Simulated => ({
  pipeline: definePipeline({
    name: 'joins',
    sources: { events, settings: topic('settings', { schema: event }) },
    sinks: { joined: topic('joined', { schema: textSummed as never as typeof summed }) },
    flow: (streams) => ({ joined: joinNewest(streams.events, streams.settings) }),
  }),
  inputs: {
    events: [records(readings(150).filter((row) => typeof row !== 'string'))],
    settings: [records(Array.from({ length: 40 }, (_, i) => ({ sensor: `s${i % 3}`, at: 3700 * i, value: 100 + i })))],
  },
});

export const recurrent = (): Simulated => ({
  pipeline: definePipeline({
    name: 'recurrent',
    sources: { events },
    sinks: { forecasts: topic('forecasts', { schema: forecast as never }) },
    flow: (streams) => ({
      forecasts: flow(
        streams.events,
        dedupe({ key: 'sensor' }),
        lag({ columns: ['value'], key: 'sensor', steps: [1] }),
        withColumn('measured', column('value')),
        withColumn('last', column('value')),
        standardize({ columns: ['value', 'valueLag1'], fill: 0 }),
        sequences({ columns: ['value', 'valueLag1'], key: 'sensor', length: 4, pad: true }),
        learn({
          estimator: () =>
            compile(sequential([gru(4), dense(1)], { inputShape: [4, 2] }), {
              loss: meanAbsoluteError(),
              optimizer: adam(),
              seed: 3,
              maxBatch: 8,
            }),
          features: 'sequence',
          target: 'measured',
          lead: '3s',
          batchRows: 8,
          baseline: persistence('last'),
          key: 'sensor',
        }),
      ) as never,
    }),
  }),
  inputs: { events: [records(Array.from({ length: 200 }, (_, i) => ({ sensor: `s${i % 3}`, at: 1000 * i, value: (i * 13) % 29 })))] },
});

const forecast = schema(
  {
    sensor: required(utf8()),
    issuedAt: required(timestamp()),
    targetTime: required(timestamp()),
    prediction: float64(),
    baseline: float64(),
  },
  { eventTime: 'issuedAt', key: 'sensor' },
);

/** Two partitions, so two tasks, which share the sink's topic. `disturb` is a planted dependence on something else than rows. */
export const twoTasks = (disturb?: () => number): Simulated => ({
  pipeline: definePipeline({
    name: 'two-tasks',
    sources: { events: topic('events', { schema: event, partitions: 2 }) },
    sinks: { totals: topic('totals', { schema: summed, partitions: 2 }) },
    flow: (streams) => ({ totals: flow(streams.events, runningTotal(disturb)) }),
  }),
  inputs: { events: [records(readings(130, ['a', 'b'])), records(readings(110, ['c', 'd', 'e']))] },
});

/** The five pipelines that stand for all. */
export const simulatedPipelines: Readonly<Record<string, () => Simulated>> = {
  stateless,
  windows,
  joins,
  recurrent,
  'two tasks': () => twoTasks(),
};
