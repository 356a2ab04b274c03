import { type Data, Field, type Float64, Schema, type TimestampMillisecond, type TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { type BatchSchema, makeBatch, type NumericColumn, rolesOf, timestampData, withRoles } from '../../columnar/index.ts';
import {
  type Duration,
  duration,
  MillraceError,
  type Operator,
  parseOptions,
  type StateReader,
  type StateWriter,
  type StreamBatch,
  statefulOperator,
} from '../../streams/index.ts';
import { keyData } from '../keys/key-column-data.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { presentData, presentNumbers } from '../keys/keyed-columns.ts';
import { LivingKeys } from '../keys/living-keys.ts';
import { PerKey } from '../keys/per-key.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';
import { eventTimes } from '../rows/event-times.ts';
import { OutputOrder } from '../rows/output-order.ts';

/** Options of {@link resample}. */
export const resampleOptions = z.strictObject({
  every: duration()
    .refine((value) => value >= 1, 'expected at least 1 ms')
    .describe('distance of the grid'),
  columns: z.array(z.string()).min(1).describe('numeric columns to carry over'),
  key: z.string().optional().describe('column whose values have grids of their own'),
  ...stateTtlOption,
  method: z
    .enum(['last', 'linear'])
    .default('linear')
    .describe('the last value at or before a point, or the straight line between its neighbors'),
  gap: duration().describe('longest pause to bridge: no points are made in longer ones'),
});

/** Options of {@link resample} as they are written. */
export interface ResampleOptions<T extends TypeMap, C extends string, K extends string> extends StateTtl {
  readonly every: Duration;
  readonly columns: readonly C[];
  readonly key?: K & KeyColumn<T>;
  readonly method?: 'last' | 'linear';
  readonly gap: Duration;
}

/** The rows that {@link resample} makes: the event time (as `at`), the key, the columns. */
export type Resampled<T extends TypeMap, C extends string, K extends string> = {
  [N in C | K | 'at']: N extends C ? Float64 : N extends 'at' ? TimestampMillisecond : N extends keyof T ? T[N] : never;
};

interface ResampleState {
  readonly groups: LivingKeys;
  /** Per key: 1 where it was seen, its last time, its last values. */
  readonly last: PerKey;
  readonly order: OutputOrder;
}

/**
 * Puts irregular readings on a regular grid: one row per key and point of time `every` apart (counted from 1970-01-01T00:00Z), as float64 columns beside `at` and the key.
 *
 * The points up to a row's event time are made when that row comes, in its place; `availableAt` is its time. Nothing is made before a key's first row, after its last one, or in pauses longer than
 * `gap`. Missing values (null, NaN, infinite) make the points that need them null. A row not later than the last one of its key is dropped (`reorder` first keeps it); so is one without event time.
 *
 * Ledger: in = used + dropped:disorder.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, resample({ every: '10m', columns: ['pm25'], key: 'station', gap: '2h' }));
 */
export function resample<T extends TypeMap, const C extends NumericColumn<NoInfer<T>>, const K extends string = never>(
  options: ResampleOptions<NoInfer<T>, C, K>,
): Operator<T, Resampled<T, C, K>> {
  const settings = parseOptions('resample', resampleOptions, options);
  if (settings.gap < settings.every)
    throw new MillraceError('INVALID_OPTION', 'resample: gap is shorter than the grid', { hint: 'a gap of at least `every`' });
  const width = 2 + settings.columns.length;
  return statefulOperator<T, Resampled<T, C, K>, ResampleState>('resample', {
    version: 1,
    ledger: { left: ['in'], right: ['used', 'dropped:disorder'] },
    create: () => managed(new LivingKeys(settings.key, settings.stateTtl), new PerKey(width), new OutputOrder()),
    onBatch: (state, input, step) => {
      const points = new Points(settings.columns.length);
      const used = makePoints(state, input, settings, points);
      step.count('used', used);
      step.count('dropped:disorder', input.batch.numRows - used);
      return points.output(state, input, settings) as StreamBatch<Resampled<T, C, K>>;
    },
    snapshot: ({ groups, last, order }, out: StateWriter) => {
      groups.write(out);
      last.write(out);
      order.write(out);
    },
    restore: (input: StateReader) =>
      managed(LivingKeys.read(settings.key, settings.stateTtl, input), PerKey.read(width, 0, input), OutputOrder.read(input)),
  });
}

type Settings = z.output<typeof resampleOptions>;

/** Points made in one call. */
class Points {
  readonly times: number[] = [];
  readonly groups: number[] = [];
  readonly rows: number[] = [];
  readonly values: number[][];

  constructor(columns: number) {
    this.values = Array.from({ length: columns }, () => []);
  }

  output({ groups, order }: ResampleState, input: StreamBatch, { columns, key, gap }: Settings): StreamBatch {
    const made: [string, Data][] = [
      ['at', timestampData(this.times)],
      ...(key === undefined
        ? []
        : [
            [
              key,
              keyData(
                groups.kind,
                this.groups.map((group) => groups.keyOf(group)),
              ),
            ] as [string, Data],
          ]),
      ...columns.map((column, index): [string, Data] => [column, presentData(Float64Array.from(this.values[index] as number[]))]),
    ];
    const text = key !== undefined && rolesOf(input.batch.schema).key === key ? key : undefined;
    const fields = made.map(([name, data]) => new Field(name, data.type, name !== 'at'));
    const schema = withRoles<TypeMap>(new Schema(fields as never), { eventTime: 'at', key: text } as never) as BatchSchema;
    const times = eventTimes(input.batch);
    const ordinal = Float64Array.from(this.rows, (row) => input.ordinal[row] as number);
    return {
      batch: makeBatch(
        schema,
        made.map(([, data]) => data),
        this.times.length,
      ),
      origin: input.origin,
      ordinal,
      sub: Int32Array.from(ordinal, (place) => order.next(place)),
      // A later row may still make points as old as the gap.
      watermark: Float64Array.from(this.rows, (row) => (input.watermark[row] as number) - gap),
      availableAt: Float64Array.from(this.rows, (row) =>
        Math.max(times[row] as number, input.availableAt?.[row] ?? Number.NEGATIVE_INFINITY),
      ),
      ...(input.mark === undefined ? {} : { mark: { ...input.mark, watermark: input.mark.watermark - gap } }),
    };
  }
}

function managed(groups: LivingKeys, last: PerKey, order: OutputOrder): ResampleState {
  groups.manage(last);
  return { groups, last, order };
}

function makePoints(
  { groups, last }: ResampleState,
  input: StreamBatch,
  { columns, every, gap, method }: Settings,
  points: Points,
): number {
  const rows = groups.groupsOf(input);
  const known = last.reserve(groups.size);
  const times = eventTimes(input.batch);
  const width = 2 + columns.length;
  const values = columns.map((column) => presentNumbers(input.batch, column));
  let used = 0;
  for (let row = 0; row < times.length; row++) {
    const at = (rows[row] as number) * width;
    const time = times[row] as number;
    const seen = known[at] === 1;
    const before = known[at + 1] as number;
    if (!(time > (seen ? before : Number.NEGATIVE_INFINITY))) continue;
    used++;
    const bridged = seen && time - before <= gap;
    const first = bridged ? Math.floor(before / every) * every + every : Math.ceil(time / every) * every;
    for (let point = first; point <= time; point += every) {
      points.times.push(point);
      points.groups.push(rows[row] as number);
      points.rows.push(row);
      const share = bridged ? (point - before) / (time - before) : 1;
      values.forEach((column, index) => {
        const [from, to] = [known[at + 2 + index] as number, column[row] as number];
        const value = share === 1 ? to : method === 'last' ? from : from + (to - from) * share;
        (points.values[index] as number[]).push(value);
      });
    }
    known[at] = 1;
    known[at + 1] = time;
    values.forEach((column, index) => {
      known[at + 2 + index] = column[row] as number;
    });
  }
  return used;
}
