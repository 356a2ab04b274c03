import { type Data, Field, type Float64, Schema, type TypeMap, type Utf8, Vector } from 'apache-arrow';
import { z } from 'zod';
import { makeBatch, type NumericColumn, utf8Data } from '../../columnar/index.ts';
import {
  concatStreamBatches,
  type Operator,
  parseOptions,
  type StateReader,
  type StateWriter,
  type StreamBatch,
  statefulOperator,
} from '../../streams/index.ts';
import { keyData } from '../keys/key-column-data.ts';
import { type KeyColumn, KeyGroups } from '../keys/key-groups.ts';
import { presentData } from '../keys/keyed-columns.ts';
import { OutputOrder } from '../rows/output-order.ts';
import { count, max, mean, min, standardDeviation } from '../time/aggregates/numbers.ts';
import { quantile } from '../time/aggregates/quantile.ts';
import { missingShare } from '../time/aggregates/shares.ts';
import { Slots } from '../time/slots.ts';

/** Options of {@link describe}. */
export const describeOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns to describe'),
  key: z.string().optional().describe('column whose values are described apart'),
  every: z.int().min(1).optional().describe('rows after which the statistics are put out; absent: only at the end of the input'),
});

/** Options of {@link describe} as they are written. */
export interface DescribeOptions<T extends TypeMap, K extends string> {
  readonly columns: readonly NumericColumn<T>[];
  readonly key?: K & KeyColumn<T>;
  readonly every?: number;
}

const STATISTICS = ['count', 'missing', 'mean', 'deviation', 'min', 'q25', 'median', 'q75', 'max'] as const;

/** The rows of {@link describe}: the key, the column's name, its statistics. */
export type Description<T extends TypeMap, K extends string> = {
  [N in K | 'column' | (typeof STATISTICS)[number]]: N extends 'column'
    ? Utf8
    : N extends (typeof STATISTICS)[number]
      ? Float64
      : N extends keyof T
        ? T[N]
        : never;
};

const statisticsOf = (column: string) => ({
  count: count(column),
  missing: missingShare(column),
  mean: mean(column),
  deviation: standardDeviation(column),
  min: min(column),
  q25: quantile(column, 0.25),
  median: quantile(column, 0.5),
  q75: quantile(column, 0.75),
  max: max(column),
});

/** Statistics so far: slot g of each column belongs to group g. */
class Statistics {
  readonly groups: KeyGroups;
  readonly columns: readonly Slots[];
  readonly order: OutputOrder;
  groupSlots = 0;
  rows = 0;
  /** Whether a row without a key came. */
  keyless = false;
  lastOrdinal = 0;

  constructor(columns: readonly string[], groups: KeyGroups, order = new OutputOrder()) {
    this.groups = groups;
    this.order = order;
    this.columns = columns.map((column) => new Slots(statisticsOf(column)));
  }

  reserve(): void {
    for (; this.groupSlots < this.groups.size; this.groupSlots++) for (const slots of this.columns) slots.take();
  }

  write(out: StateWriter): void {
    this.reserve();
    out.number(this.rows).number(this.lastOrdinal).boolean(this.keyless);
    this.order.write(out);
    this.groups.write(out);
    const all = Int32Array.from({ length: this.groupSlots }, (_, slot) => slot);
    for (const slots of this.columns) slots.write(out, all);
  }

  static read(columns: readonly string[], key: string | undefined, input: StateReader): Statistics {
    const rows = input.number();
    const lastOrdinal = input.number();
    const keyless = input.boolean();
    const order = OutputOrder.read(input);
    const statistics = new Statistics(columns, KeyGroups.read(key, input), order);
    for (const slots of statistics.columns) slots.read(input, statistics.groups.size);
    statistics.groupSlots = statistics.groups.size;
    statistics.rows = rows;
    statistics.keyless = keyless;
    statistics.lastOrdinal = lastOrdinal;
    return statistics;
  }
}

/**
 * Running statistics of a stream: one row per key and column with count, share of missing values, mean, sample deviation, least, quartiles (within 1 %) and greatest value, over all rows so far.
 *
 * They are put out after every `every` rows, in the place of the last of them, and at the end. Null and NaN are missing. A row without a key is described under the key null; without a key column all rows are
 * one group. Memory: about 100 bytes per key and column, and the sketches of the quartiles.
 *
 * Ledger: in = described.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, describe({ columns: ['pm25', 'temperature'], key: 'station', every: 10000 }));
 */
export function describe<T extends TypeMap, const K extends string = never>(
  options: DescribeOptions<NoInfer<T>, K>,
): Operator<T, Description<T, K>> {
  const { columns, key, every = Number.POSITIVE_INFINITY } = parseOptions('describe', describeOptions, options);
  return statefulOperator<T, Description<T, K>, Statistics>('describe', {
    version: 1,
    ledger: { left: ['in'], right: ['described'] },
    create: () => new Statistics(columns, new KeyGroups(key)),
    onBatch: (statistics, input, step) => {
      step.count('described', input.batch.numRows);
      const groups = statistics.groups.groupsOf(input.batch);
      statistics.reserve();
      const firstKeyless = groups.indexOf(0);
      const reports: Report[] = [];
      let added = 0;
      const add = (until: number) => {
        for (const slots of statistics.columns) slots.add(slots.viewsOf(input.batch), groups, added, until);
        statistics.keyless ||= firstKeyless >= 0 && firstKeyless < until;
        added = until;
      };
      while ((statistics.rows % every) + groups.length - added >= every) {
        const until = added + every - (statistics.rows % every);
        statistics.rows += until - added;
        add(until);
        reports.push(reportOf(statistics, columns, key, input.ordinal[until - 1] as number, input.watermark[until - 1] as number));
      }
      statistics.rows += groups.length - added;
      add(groups.length);
      statistics.lastOrdinal = Math.max(statistics.lastOrdinal, input.ordinal.at(-1) ?? 0);
      return reports.length === 0 ? undefined : (joinReports(reports, input) as StreamBatch<Description<T, K>>);
    },
    onEnd: (statistics) => {
      if (statistics.rows === 0) return undefined;
      const report = reportOf(statistics, columns, key, statistics.lastOrdinal, Number.NEGATIVE_INFINITY);
      return joinReports([report], { origin: { source: 'end', partition: 0 } }) as StreamBatch<Description<T, K>>;
    },
    snapshot: (statistics, out) => statistics.write(out),
    restore: (input) => Statistics.read(columns, key, input),
  });
}

type Report = StreamBatch;

/** The float64 columns of several parts as one. */
function joinNumbers(parts: readonly Data[]): Data {
  const numbers = parts.flatMap((part) => Array.from(new Vector([part]) as Iterable<number | null>, (value) => value ?? Number.NaN));
  return presentData(Float64Array.from(numbers));
}

const joinReports = (reports: readonly Report[], { origin }: Pick<StreamBatch, 'origin'>): StreamBatch => ({
  ...(concatStreamBatches(reports) as StreamBatch),
  origin,
});

function reportOf(statistics: Statistics, columns: readonly string[], key: string | undefined, ordinal: number, watermark: number): Report {
  const { groups, order } = statistics;
  // Group 0 is that of rows without a key; where a key column is named it is shown only once such a row came.
  const used = Int32Array.from({ length: groups.size }, (_, group) => group).filter((group) => group > 0 || statistics.keyless);
  const rows = used.length * columns.length;
  const names = columns.flatMap((column) => Array.from(used, () => column));
  const parts = statistics.columns.map((slots) => slots.results(used));
  const made: [string, Data][] = [
    ...(key === undefined
      ? []
      : [
          [
            key,
            keyData(
              groups.kind,
              columns.flatMap(() => Array.from(used, (group) => groups.keyOf(group))),
            ),
          ] as [string, Data],
        ]),
    ['column', utf8Data(names)],
    ...STATISTICS.map((name, index): [string, Data] => [name, joinNumbers(parts.map((part) => part[index] as Data))]),
  ];
  const schema = new Schema(made.map(([name, data]) => new Field(name, data.type, true)) as never);
  return {
    batch: makeBatch(
      schema,
      made.map(([, data]) => data),
      rows,
    ),
    origin: { source: 'describe', partition: 0 },
    ordinal: new Float64Array(rows).fill(ordinal),
    sub: Int32Array.from({ length: rows }, () => order.next(ordinal)),
    watermark: new Float64Array(rows).fill(watermark),
  };
}
