import type { Batch } from '../columnar/index.ts';
import type { RawRecord, RejectedRecord } from '../connectors/index.ts';
import type { StateCell, StreamBatch } from '../streams/index.ts';
import type { Stretch } from './input-merge.ts';
import { eventTimes } from './task-input.ts';

/** Rows of one source batch within a turn, ready to be pushed. */
export interface TurnBatch {
  readonly input: string;
  readonly batch: StreamBatch;
}

/** Highest event time seen per input, ms: what watermarks are computed from. Part of the task's state. */
export type HighestTimes = Map<string, number>;

/** Makes stream batches of stretches: neighbors of one source batch become one batch, input by input in the order of first use. */
export function turnBatches(stretches: readonly Stretch[], highest: HighestTimes): readonly TurnBatch[] {
  const groups: Stretch[][] = [];
  for (const stretch of stretches) {
    const group = groups.find(([first]) => first?.taken.rows === stretch.taken.rows);
    if (group === undefined) groups.push([stretch]);
    else group.push(stretch);
  }
  return groups.map((group) => turnBatch(group, highest)).filter(({ batch }) => batch.batch.numRows > 0);
}

function turnBatch(group: readonly Stretch[], highest: HighestTimes): TurnBatch {
  const { input, taken } = group[0] as Stretch;
  const from = taken.from;
  const to = (group.at(-1) as Stretch).taken.to;
  const batch = (from === 0 && to === taken.rows.batch.numRows ? taken.rows.batch : taken.rows.batch.slice(from, to)) as Batch;
  const ordinal = new Float64Array(to - from);
  for (const stretch of group) {
    for (let row = stretch.taken.from; row < stretch.taken.to; row++) ordinal[row - from] = stretch.firstOrdinal + row - stretch.taken.from;
  }
  return {
    input: input.name,
    batch: {
      batch,
      origin: {
        source: taken.rows.source,
        partition: taken.rows.partition,
        ...(to > from ? { offset: taken.rows.offset[from] as number } : {}),
      },
      ordinal,
      sub: new Int32Array(to - from),
      watermark: watermarks(batch, input.name, input.allowedLateness, highest),
    },
  };
}

function watermarks(batch: Batch, input: string, lateness: number, highest: HighestTimes): Float64Array {
  const times = eventTimes(batch);
  const marks = new Float64Array(batch.numRows);
  let high = highest.get(input) ?? Number.NEGATIVE_INFINITY;
  for (let row = 0; row < marks.length; row++) {
    const time = times?.[row] ?? Number.NaN;
    if (time > high) high = time;
    marks[row] = high - lateness;
  }
  highest.set(input, high);
  return marks;
}

/** Highest event times as a state cell. */
export function watermarkCell(highest: HighestTimes): StateCell {
  return {
    version: 1,
    snapshot: (out) => {
      const inputs = [...highest.keys()].sort();
      out.strings(inputs);
      for (const input of inputs) out.number(highest.get(input) as number);
    },
    restore: (input) => {
      highest.clear();
      for (const name of input.strings()) highest.set(name, input.number());
    },
  };
}

/** A decoding failure and its place in the task's order: before the row with this ordinal. */
export interface PlacedReject {
  readonly ordinal: number;
  readonly reject: RejectedRecord;
}

/** Decoding failures of a turn. */
export function turnRejects(stretches: readonly Stretch[]): readonly PlacedReject[] {
  return stretches.flatMap(({ firstOrdinal, taken }) =>
    taken.rejects.map((reject) => {
      let row = taken.from;
      while (row < taken.to && (taken.rows.offset[row] as number) < reject.record.offset) row++;
      return { ordinal: firstOrdinal + row - taken.from, reject };
    }),
  );
}

/** The raw record of a row of this turn, or undefined for a row of an earlier one. */
export function findRecord(
  stretches: readonly Stretch[],
  ordinal: number,
): { readonly stretch: Stretch; readonly record: RawRecord } | undefined {
  const stretch = stretches.find(({ firstOrdinal, taken }) => ordinal >= firstOrdinal && ordinal < firstOrdinal + taken.to - taken.from);
  if (stretch === undefined) return undefined;
  const { taken, firstOrdinal } = stretch;
  const record = taken.rows.rawRecord(taken.rows.offset[taken.from + ordinal - firstOrdinal] as number);
  return record === undefined ? undefined : { stretch, record };
}
