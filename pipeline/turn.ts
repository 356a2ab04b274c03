import { type Batch, concatBatches, freshArray, takeRows } from '../columnar/index.ts';
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

/** Makes stream batches of stretches: neighbors of one source batch become one batch, input by input in the order of first use. The topics of one input become one batch where their rows alternate. */
export function turnBatches(stretches: readonly Stretch[], highest: HighestTimes): readonly TurnBatch[] {
  const groups: Stretch[][] = [];
  for (const stretch of stretches) {
    const group = groups.find(([first]) => first?.taken.rows === stretch.taken.rows);
    if (group === undefined) groups.push([stretch]);
    else group.push(stretch);
  }
  const parts = alternating(groups).map((together) => {
    const [first, ...others] = together as [Stretch[], ...Stretch[][]];
    return others.length === 0 ? turnBatch(first, highest) : joinedBatch(together, highest);
  });
  return parts.filter(({ batch }) => batch.batch.numRows > 0);
}

function turnBatch(group: readonly Stretch[], highest: HighestTimes): TurnBatch {
  const first = group[0] as Stretch;
  const { input, taken } = first;
  const { batch, ordinal } = placedRows(group);
  const offset = taken.rows.offset.subarray(taken.from, taken.from + batch.numRows);
  return {
    input: input.name,
    batch: {
      batch,
      // Rows in no order, of a disturbed replay, end nowhere.
      origin: taken.rows.indivisible ? originOf(first) : { ...originOf(first), records: { ordinal, offset } },
      ordinal,
      sub: new Int32Array(batch.numRows),
      watermark: watermarks(batch, input.name, input.allowedLateness, highest),
    },
  };
}

/** The rows of neighboring stretches of one source batch, and the ordinal of each. */
function placedRows(group: readonly Stretch[]): { readonly batch: Batch; readonly ordinal: Float64Array } {
  const { taken } = group[0] as Stretch;
  const from = taken.from;
  const to = (group.at(-1) as Stretch).taken.to;
  const whole = from === 0 && to === taken.rows.batch.numRows;
  const ordinal = freshArray(Float64Array, to - from);
  for (const { taken: rows, firstOrdinal } of group) {
    const shift = firstOrdinal - rows.from;
    for (let row = rows.from; row < rows.to; row++) ordinal[row - from] = row + shift;
  }
  return { batch: (whole ? taken.rows.batch : taken.rows.batch.slice(from, to)) as Batch, ordinal };
}

function originOf({ taken }: Stretch): StreamBatch['origin'] {
  const { source, partition, offset } = taken.rows;
  return { source, partition, ...(taken.to > taken.from ? { offset: offset[taken.from] as number } : {}) };
}

/** Source batches of one input whose rows alternate belong together: the rows of an input have to come in order. */
function alternating(groups: readonly Stretch[][]): readonly (readonly Stretch[][])[] {
  const together: { readonly parts: Stretch[][]; readonly input: string; last: number }[] = [];
  for (const group of groups) {
    const { input, firstOrdinal } = group[0] as Stretch;
    const { firstOrdinal: last } = group.at(-1) as Stretch;
    const before = together.findLast((other) => other.input === input.name);
    if (before === undefined || before.last < firstOrdinal) together.push({ parts: [group], input: input.name, last });
    else {
      before.parts.push(group);
      before.last = Math.max(before.last, last);
    }
  }
  return together.map(({ parts }) => parts);
}

/** One batch of the alternating rows of several topics, by ordinal. */
function joinedBatch(groups: readonly (readonly Stretch[])[], highest: HighestTimes): TurnBatch {
  const parts = groups.map((group) => placedRows(group).batch);
  const places: { readonly stretch: Stretch; readonly at: number }[] = [];
  let before = 0;
  groups.forEach((group, part) => {
    const from = before - (group[0] as Stretch).taken.from;
    for (const stretch of group) places.push({ stretch, at: from + stretch.taken.from });
    before += (parts[part] as Batch).numRows;
  });
  places.sort((a, b) => a.stretch.firstOrdinal - b.stretch.firstOrdinal);
  const rows = new Int32Array(before);
  const ordinal = new Float64Array(before);
  const offset = new Float64Array(before);
  const names = groups.map((group) => (group[0] as Stretch).taken.rows.source);
  const of = new Int32Array(before);
  let row = 0;
  for (const { stretch, at } of places) {
    const count = stretch.taken.to - stretch.taken.from;
    const source = names.indexOf(stretch.taken.rows.source);
    for (let i = 0; i < count; i++, row++) {
      rows[row] = at + i;
      ordinal[row] = stretch.firstOrdinal + i;
      offset[row] = stretch.taken.rows.offset[stretch.taken.from + i] as number;
      of[row] = source;
    }
  }
  const batch = takeRows(concatBatches(parts), rows);
  const { stretch } = places[0] as { readonly stretch: Stretch };
  const { name, allowedLateness } = stretch.input;
  const watermark = watermarks(batch, name, allowedLateness, highest);
  const origin = { ...originOf(stretch), records: { ordinal, offset, sources: { names, of } } };
  return { input: name, batch: { batch, origin, ordinal, sub: new Int32Array(before), watermark } };
}

function watermarks(batch: Batch, input: string, lateness: number, highest: HighestTimes): Float64Array {
  const times = eventTimes(batch);
  const marks = freshArray(Float64Array, batch.numRows);
  let high = highest.get(input) ?? Number.NEGATIVE_INFINITY;
  if (times === undefined) marks.fill(high - lateness);
  else {
    for (let row = 0; row < marks.length; row++) {
      const time = times[row] as number;
      if (time > high) high = time;
      marks[row] = high - lateness;
    }
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
      const row = placeOf(taken, reject.record.offset);
      return { ordinal: firstOrdinal + row - taken.from, reject };
    }),
  );
}

/** The first row taken whose offset is at least `offset`; behind the last one when there is none. */
function placeOf({ rows: { offset: offsets, indivisible }, from, to }: Stretch['taken'], offset: number): number {
  let low = from;
  let high = to;
  if (indivisible) while (low < to && (offsets[low] as number) < offset) low++;
  else {
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((offsets[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
  }
  return low;
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
