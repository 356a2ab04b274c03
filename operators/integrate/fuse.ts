import { type Data, Field, type Float64, Schema, type TimestampMillisecond, type TypeMap } from 'apache-arrow';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import { makeBatch, type NumericColumn, timestampData, withRoles } from '../../columnar/index.ts';
import {
  concatStreamBatches,
  type Duration,
  duration,
  fanIn,
  parseOptions,
  type StateReader,
  type StateWriter,
  type StreamBatch,
} from '../../streams/index.ts';
import { type Key, keyData } from '../keys/key-column-data.ts';
import { type KeyColumn, KeyGroups } from '../keys/key-groups.ts';
import { presentData, presentNumbers } from '../keys/keyed-columns.ts';
import { PerKey } from '../keys/per-key.ts';
import { eventTimes } from '../rows/event-times.ts';
import { knownAt } from '../rows/known-at.ts';
import { OutputOrder } from '../rows/output-order.ts';

/** Options of {@link fuse}. */
export const fuseOptions = z.strictObject({
  every: duration()
    .refine((value) => value >= 1, 'expected at least 1 ms')
    .describe('distance of the ticks'),
  key: z.string().optional().describe('column that all streams have, whose values are fused apart'),
  columns: z.record(z.string(), z.array(z.string()).min(1)).describe('numeric columns to take, by name of the stream'),
  maxTicks: z.int().min(1).default(1000).describe('most ticks put out for one leap of event time; those before are left out'),
});

/** Streams to fuse, by name. */
export type FusedStreams = Readonly<Record<string, Observable<StreamBatch>>>;

type RowsOfStream<S> = S extends Observable<StreamBatch<infer T>> ? T : never;

/** The rows of {@link fuse}: `at`, the key, `${stream}_${column}` and `${stream}_age` (ms). */
export type Fused<C extends Readonly<Record<string, readonly string[]>>, K extends string, Key extends TypeMap[string]> = {
  [N in K | 'at' | { [S in keyof C & string]: `${S}_${C[S][number] | 'age'}` }[keyof C & string]]: N extends 'at'
    ? TimestampMillisecond
    : N extends K
      ? Key
      : Float64;
};

/**
 * Fuses streams of sensors that report at times of their own into one row per tick (and key): the last value of every column, and how old it is.
 *
 * At every multiple of `every` that event time passes, each key gets a row `at` that tick with `${stream}_${column}`, the last value not after it (null where there is none), and `${stream}_age`, the
 * ms since that stream's last row of the key. A silent sensor holds nothing up: its age grows. The streams' rows are taken in the order of the task; ticks go out in the place of the first row whose watermark
 * passes them, so allow for disorder by the sources' lateness. A row not later than the last one of its stream and key, or not later than the last tick, changes nothing (counted as `late`). A leap
 * of event time gives at most `maxTicks` ticks. Null keys are fused like others. Memory: 8 bytes per key, stream and column.
 *
 * Ledger: in = fused + late.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * fuse({ air: airReadings, wind: windReadings }, { every: '10m', key: 'station', columns: { air: ['pm25'], wind: ['speed'] } }); // air_pm25, air_age, wind_speed, wind_age
 */
export function fuse<
  S extends FusedStreams,
  const C extends { readonly [N in keyof S & string]: readonly NumericColumn<RowsOfStream<S[N]>>[] },
  const K extends KeyColumn<RowsOfStream<S[keyof S]>> & string = never,
>(
  streams: S,
  options: { readonly every: Duration; readonly key?: K; readonly columns: C; readonly maxTicks?: number },
): Observable<StreamBatch<Fused<C, K, RowsOfStream<S[keyof S]>[K]>>> {
  const settings = parseOptions('fuse', fuseOptions, options);
  const names = Object.keys(streams);
  const width = names.reduce((sum, name) => sum + 1 + (settings.columns[name]?.length ?? 0), 0);
  const sources = names.map((name) => streams[name] as Observable<StreamBatch>);
  return fanIn<readonly TypeMap[], TypeMap, FusedState>('fuse', sources, {
    version: 1,
    ledger: { left: ['in'], right: ['fused', 'late'] },
    create: () => new FusedState(new KeyGroups(settings.key), new PerKey(width, Number.NaN)),
    onTurn: (state, inputs, step) => {
      const { output, late } = state.take(inputs as readonly (readonly StreamBatch[])[], names, settings);
      const rows = inputs.flat().reduce((sum, { batch }) => sum + batch.numRows, 0);
      step.count('late', late);
      step.count('fused', rows - late);
      return output;
    },
    snapshot: (state, out) => state.write(out),
    restore: (input) => FusedState.read(settings.key, width, input),
  }) as never;
}

type FuseSettings = z.output<typeof fuseOptions>;

/** One input within a turn. */
interface FuseInput {
  readonly rows: StreamBatch;
  readonly times: Float64Array;
  readonly groups: Int32Array;
  readonly columns: readonly Float64Array[];
  /** Where the input's time and values begin in the memory of a key. */
  readonly offset: number;
}

/** Last rows of all keys and streams: per stream a time and its values. */
class FusedState {
  readonly #groups: KeyGroups;
  readonly #last: PerKey;
  #order = new OutputOrder();
  #watermark = Number.NEGATIVE_INFINITY;
  /** The last tick put out. */
  #tick = Number.NaN;

  constructor(groups: KeyGroups, last: PerKey) {
    this.#groups = groups;
    this.#last = last;
  }

  take(
    turn: readonly (readonly StreamBatch[])[],
    names: readonly string[],
    settings: FuseSettings,
  ): { readonly output: StreamBatch | undefined; readonly late: number } {
    // Keys are numbered as their rows are taken: the order of inputs within a turn depends on cuts.
    const local = new KeyGroups(settings.key);
    const inputs = fuseInputs(turn, names, settings, local);
    this.#groups.adoptKind(local);
    const numbered = new Int32Array(local.size).fill(-1);
    let memory = this.#last.reserve(this.#groups.size);
    const ticks = new Ticks(this.#last.width);
    const next = inputs.map(() => 0);
    let late = 0;
    for (;;) {
      const input = earliest(inputs, next);
      if (input === undefined) break;
      const row = next[inputs.indexOf(input)] as number;
      next[inputs.indexOf(input)] = row + 1;
      this.#passTicks(
        input.rows.watermark[row] as number,
        { ordinal: input.rows.ordinal[row] as number, time: knownAt(input.rows, row, input.times[row] as number) },
        memory,
        ticks,
        settings,
      );
      const key = input.groups[row] as number;
      if ((numbered[key] as number) < 0) {
        numbered[key] = this.#groups.add(local.keyOf(key));
        memory = this.#last.reserve(this.#groups.size);
      }
      if (!this.#remember(input, row, (numbered[key] as number) * this.#last.width + input.offset, memory)) late++;
    }
    for (const { mark } of turn.flat())
      if (mark !== undefined) this.#passTicks(mark.watermark, { ordinal: mark.ordinal, time: mark.watermark }, memory, ticks, settings);
    return { output: ticks.times.length === 0 ? undefined : this.#output(ticks, names, settings), late };
  }

  #remember({ times, columns }: FuseInput, row: number, at: number, memory: Float64Array): boolean {
    const time = times[row] as number;
    if (Number.isNaN(time) || (memory[at] as number) >= time || this.#tick >= time) return false;
    memory[at] = time;
    columns.forEach((values, column) => {
      // A missing value leaves the one before in place.
      if (!Number.isNaN(values[row])) memory[at + 1 + column] = values[row] as number;
    });
    return true;
  }

  /** Puts out the ticks that the watermark has passed. */
  #passTicks(
    watermark: number,
    by: { readonly ordinal: number; readonly time: number },
    memory: Float64Array,
    ticks: Ticks,
    { every, maxTicks }: FuseSettings,
  ): void {
    if (!(watermark > this.#watermark)) return;
    this.#watermark = watermark;
    // The tick at the watermark itself may still get rows of that very time.
    const latest = Math.ceil(watermark / every) * every - every;
    const first = Number.isNaN(this.#tick) ? latest + every : this.#tick + every;
    if (Number.isNaN(this.#tick)) this.#tick = latest;
    for (let tick = Math.max(first, latest - (maxTicks - 1) * every); tick <= latest; tick += every) {
      this.#tick = tick;
      for (let group = 0; group < this.#groups.size; group++) {
        const values = memory.slice(group * this.#last.width, (group + 1) * this.#last.width);
        if (values.some((value) => !Number.isNaN(value))) ticks.add(tick, group, values, by.ordinal, Math.max(tick, by.time));
      }
    }
  }

  #output(ticks: Ticks, names: readonly string[], { key, columns }: FuseSettings): StreamBatch {
    const keys: Key[] = ticks.groups.map((group) => this.#groups.keyOf(group));
    const made: [string, Data][] = [
      ['at', timestampData(ticks.times)],
      ...(key === undefined ? [] : [[key, keyData(this.#groups.kind, keys)] as [string, Data]]),
    ];
    let offset = 0;
    for (const name of names) {
      const at = offset;
      (columns[name] ?? []).forEach((column, index) => {
        made.push([`${name}_${column}`, presentData(Float64Array.from(ticks.values, (values) => values[at + 1 + index] as number))]);
      });
      made.push([
        `${name}_age`,
        presentData(Float64Array.from(ticks.values, (values, row) => (ticks.times[row] as number) - (values[at] as number))),
      ]);
      offset += 1 + (columns[name]?.length ?? 0);
    }
    const text = this.#groups.kind === 'category' || this.#groups.kind === 'Utf8' ? key : undefined;
    const schema = withRoles<TypeMap>(new Schema(made.map(([name, data]) => new Field(name, data.type, name !== 'at')) as never), {
      eventTime: 'at',
      key: text,
    } as never);
    return {
      batch: makeBatch(
        schema,
        made.map(([, data]) => data),
        ticks.times.length,
      ),
      origin: { source: 'fuse', partition: 0 },
      ordinal: Float64Array.from(ticks.ordinals),
      sub: Int32Array.from(ticks.ordinals, (ordinal) => this.#order.next(ordinal)),
      watermark: Float64Array.from(ticks.times),
      availableAt: Float64Array.from(ticks.availableAt),
    };
  }

  write(out: StateWriter): void {
    this.#last.reserve(this.#groups.size);
    this.#groups.write(out);
    this.#last.write(out);
    this.#order.write(out);
    out.number(this.#watermark).number(this.#tick);
  }

  static read(key: string | undefined, width: number, input: StateReader): FusedState {
    const state = new FusedState(KeyGroups.read(key, input), PerKey.read(width, Number.NaN, input));
    state.#order = OutputOrder.read(input);
    state.#watermark = input.number();
    state.#tick = input.number();
    return state;
  }
}

function fuseInputs(
  turn: readonly (readonly StreamBatch[])[],
  names: readonly string[],
  { columns }: FuseSettings,
  groups: KeyGroups,
): FuseInput[] {
  let offset = 0;
  return turn.flatMap((batches, index) => {
    const wanted = columns[names[index] as string] ?? [];
    const at = offset;
    offset += 1 + wanted.length;
    const rows = concatStreamBatches(batches);
    if (rows === undefined) return [];
    const { batch } = rows;
    return [
      {
        rows,
        times: eventTimes(batch),
        groups: groups.groupsOf(batch),
        columns: wanted.map((column) => presentNumbers(batch, column)),
        offset: at,
      },
    ];
  });
}

/** Ticks of a turn, one entry per tick and key. */
class Ticks {
  readonly times: number[] = [];
  readonly groups: number[] = [];
  readonly values: Float64Array[] = [];
  readonly ordinals: number[] = [];
  readonly availableAt: number[] = [];
  readonly width: number;

  constructor(width: number) {
    this.width = width;
  }

  add(tick: number, group: number, values: Float64Array, ordinal: number, availableAt: number): void {
    this.times.push(tick);
    this.groups.push(group);
    this.values.push(values);
    this.ordinals.push(ordinal);
    this.availableAt.push(availableAt);
  }
}

/** The input whose next row comes first by (ordinal, sub). */
function earliest(inputs: readonly FuseInput[], next: readonly number[]): FuseInput | undefined {
  let best: FuseInput | undefined;
  let place = [0, 0];
  inputs.forEach((input, index) => {
    const row = next[index] as number;
    if (row >= input.times.length) return;
    const [ordinal, sub] = [input.rows.ordinal[row] as number, input.rows.sub[row] as number];
    if (best === undefined || ordinal < (place[0] as number) || (ordinal === place[0] && sub < (place[1] as number)))
      [best, place] = [input, [ordinal, sub]];
  });
  return best;
}
