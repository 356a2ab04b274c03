import type { TimestampMillisecond, TypeMap } from 'apache-arrow';
import {
  type AdoptedState,
  type BatchObserver,
  MillraceError,
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
import {
  placesOf,
  readWindowLayout,
  requireSameAggregates,
  requireSameWindows,
  type StoredAggregates,
  type WindowLayout,
  writeWindowLayout,
} from './window-layout.ts';

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
  readonly settings: { readonly key: string | undefined; readonly aggregates: Aggregates };
  /** What windows they are, in words: those of other bounds are not taken over. */
  readonly bounds: string;
  create(): OpenWindows;
  read(input: StateReader, stored: StoredAggregates): OpenWindows;
  readonly late?: BatchObserver<T>;
}

/** Lifts open windows to an operator: late rows go to `late` and are counted, rows without an event time are rejected. */
export function windowOperator<T extends TypeMap, O extends TypeMap>(
  name: string,
  { settings, bounds, create, read, late }: WindowOperator<T>,
): Operator<T, O> {
  const kinds = Object.entries(settings.aggregates).map(([as, { kind }]) => [as, kind] as const);
  const layout: WindowLayout = { key: settings.key, bounds, aggregates: new Map(kinds) };
  return statefulOperator<T, O, OpenWindows>(name, {
    version: 2,
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
    snapshot: (windows, out) => {
      writeWindowLayout(out, layout);
      windows.write(out);
    },
    restore: (input) => {
      const stored = readWindowLayout(input);
      requireSameWindows(layout, stored);
      requireSameAggregates(layout, stored);
      return read(input, placesOf(layout, stored));
    },
    migrate: (input) => read(input, undefined),
    adopt: (input, version) => adopt(layout, input, version, read),
  });
}

/** Open windows with the aggregates that are still there, by name; the others are null in them and begin with the next windows. */
function adopt(layout: WindowLayout, input: StateReader, version: number, read: WindowOperator<never>['read']): AdoptedState<OpenWindows> {
  if (version !== 2) {
    throw new MillraceError('STATE_INCOMPATIBLE', `state of version ${version} does not tell its aggregates`, {
      hint: 'run the pipeline as it was once with this version of Millrace, and take the savepoint then',
    });
  }
  const stored = readWindowLayout(input);
  requireSameWindows(layout, stored);
  const places = placesOf(layout, stored);
  const names = [...layout.aggregates.keys()];
  return {
    state: read(input, places),
    kept: names.filter((_, place) => places.includes(place)),
    fresh: names.filter((_, place) => !places.includes(place)),
  };
}

export type { Aggregates };
