import type { TimestampMillisecond, TypeMap } from 'apache-arrow';
import {
  type BatchObserver,
  type Operator,
  type StateReader,
  type StateWriter,
  type StreamBatch,
  statefulOperator,
  takeStreamRows,
} from '../../streams/index.ts';
import { rowText } from '../rows/row-text.ts';
import type { AggregateColumns } from './aggregates/aggregate.ts';
import type { Aggregates } from './slots.ts';

/** The columns of a window's result: the key (if any), `windowStart`, `windowEnd` (exclusive), `windowTime` (the event time: 1 ms before the end), the aggregates. */
export type WindowRows<T extends TypeMap, K extends string, A> = {
  [C in K | keyof A | 'windowStart' | 'windowEnd' | 'windowTime']: C extends 'windowStart' | 'windowEnd' | 'windowTime'
    ? TimestampMillisecond
    : C extends keyof A
      ? AggregateColumns<A>[C]
      : C extends keyof T
        ? T[C]
        : never;
};

/** Open windows of one kind. */
export interface OpenWindows {
  append(input: StreamBatch): { readonly output: StreamBatch; readonly late: Int32Array; readonly timeless: Int32Array };
  end(): StreamBatch | undefined;
  write(out: StateWriter): void;
}

/** How a window operator is made from its kind of windows. */
export interface WindowOperator<T extends TypeMap> {
  create(): OpenWindows;
  read(input: StateReader): OpenWindows;
  readonly late?: BatchObserver<T>;
}

/** Lifts open windows to an operator: late rows go to `late` and are counted, rows without an event time are rejected. */
export function windowOperator<T extends TypeMap, O extends TypeMap>(
  name: string,
  { create, read, late }: WindowOperator<T>,
): Operator<T, O> {
  const lifted = statefulOperator<T, O, OpenWindows>(name, {
    version: 1,
    ledger: { left: ['in'], right: ['assigned', 'late', 'rejected'] },
    create,
    onBatch: (windows, input, step) => {
      const assigned = windows.append(input);
      for (const row of assigned.timeless)
        step.reject({ ordinal: input.ordinal[row] as number, reason: 'the event time is null', row: rowText(input.batch, row) });
      step.count('late', assigned.late.length);
      step.count('assigned', input.batch.numRows - assigned.late.length - assigned.timeless.length);
      if (assigned.late.length > 0) late?.next(takeStreamRows(input, assigned.late));
      return assigned.output as StreamBatch<O>;
    },
    onEnd: (windows) => {
      const output = windows.end() as StreamBatch<O> | undefined;
      late?.complete();
      return output;
    },
    snapshot: (windows, out) => windows.write(out),
    restore: read,
  });
  return lifted;
}

export type { Aggregates };
