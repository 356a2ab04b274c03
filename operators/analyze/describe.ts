import { type Data, Field, type Float64, Schema, type TypeMap, type Utf8, Vector } from 'apache-arrow';
import { z } from 'zod';
import { makeBatch, type NumericColumn, utf8Data } from '../../columnar/index.ts';
import {
  concatStreamBatches,
  type Operator,
  parseOptions,
  type StreamBatch,
  sliceStreamBatch,
  statefulOperator,
} from '../../streams/index.ts';
import { columnsUnknown } from '../keys/column-memory.ts';
import { keyData } from '../keys/key-column-data.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { presentData } from '../keys/keyed-columns.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';
import { DescribeState, STATISTICS } from './describe-state.ts';

/** Options of {@link describe}. */
export const describeOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns to describe'),
  key: z.string().optional().describe('column whose values are described apart'),
  every: z.int().min(1).optional().describe('rows after which the statistics are put out; absent: only at the end of the input'),
  ...stateTtlOption,
});

/** Options of {@link describe} as they are written. */
export interface DescribeOptions<T extends TypeMap, K extends string> extends StateTtl {
  readonly columns: readonly NumericColumn<T>[];
  readonly key?: K & KeyColumn<T>;
  readonly every?: number;
}

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

/**
 * Running statistics of a stream: one row per key and column with count, share of missing values, mean, sample deviation, least, quartiles (within 1 %) and greatest value, over all rows so far.
 *
 * They are put out after every `every` rows, in the place of the last of them, and at the end. Null and NaN are missing. A row without a key is described under the key null; without a key column all rows are
 * one group. With `stateTtl` a key that was not seen for so long is no longer shown. Memory: about 100 bytes per key and column, and the sketches of the quartiles.
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
  const settings = parseOptions('describe', describeOptions, options);
  const { columns, key, every = Number.POSITIVE_INFINITY } = settings;
  return statefulOperator<T, Description<T, K>, DescribeState>('describe', {
    version: 2,
    ledger: { left: ['in'], right: ['described'] },
    create: () => new DescribeState(settings),
    onBatch: (state, input, step) => {
      const rows = input.batch.numRows;
      step.count('described', rows);
      const reports: Report[] = [];
      for (let from = 0; from < rows; ) {
        const until = Math.min(rows, from + every - (state.rows % every));
        state.add(sliceStreamBatch(input, from, until) as StreamBatch);
        if (state.rows % every === 0) reports.push(reportOf(state, columns, key, input.watermark[until - 1] as number));
        from = until;
      }
      return reports.length === 0 ? undefined : (joinReports(reports, input) as StreamBatch<Description<T, K>>);
    },
    onEnd: (state) => {
      if (state.rows === 0) return undefined;
      const report = reportOf(state, columns, key, Number.NEGATIVE_INFINITY);
      return joinReports([report], { origin: { source: 'end', partition: 0 } }) as StreamBatch<Description<T, K>>;
    },
    snapshot: (state, out) => state.write(out),
    restore: (input) => DescribeState.read(settings, input),
    migrate: (input) => DescribeState.readValues(settings, input),
    adopt: (input, version) => {
      if (version !== 2) throw columnsUnknown(version);
      return DescribeState.adopt(settings, input);
    },
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

function reportOf(state: DescribeState, columns: readonly string[], key: string | undefined, watermark: number): Report {
  const { keys, order, lastOrdinal: ordinal } = state;
  const groups = state.described();
  const rows = groups.length * columns.length;
  const names = columns.flatMap((column) => Array.from(groups, () => column));
  const parts = state.results(groups);
  const keysOf = () => columns.flatMap(() => Array.from(groups, (group) => keys.keyOf(group)));
  const made: [string, Data][] = [
    ...(key === undefined ? [] : [[key, keyData(keys.kind, keysOf())] as [string, Data]]),
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
