import { type Data, Field, Schema, type TypeMap } from 'apache-arrow';
import { makeBatch, timestampData, withRoles } from '../../columnar/index.ts';
import { concatStreamBatches, type StateReader, type StateWriter, type StreamBatch } from '../../streams/index.ts';
import { type Key, keyData } from '../keys/key-column-data.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { presentData, presentNumbers } from '../keys/keyed-columns.ts';
import { PerKey } from '../keys/per-key.ts';
import { eventTimes } from '../rows/event-times.ts';
import { knownAt } from '../rows/known-at.ts';
import { OutputOrder } from '../rows/output-order.ts';

/** What a run of `fuse` needs to know. */
export interface FuseSettings {
  readonly every: number;
  readonly key?: string | undefined;
  readonly columns: Readonly<Record<string, readonly string[]>>;
  readonly maxTicks: number;
  readonly stateTtl?: number | undefined;
}

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
export class FusedState {
  readonly #settings: FuseSettings;
  readonly #names: readonly string[];
  #groups: KeyGroups;
  #last: PerKey;
  #order = new OutputOrder();
  #watermark = Number.NEGATIVE_INFINITY;
  /** The last tick put out. */
  #tick = Number.NaN;

  constructor(settings: FuseSettings, names: readonly string[]) {
    this.#settings = settings;
    this.#names = names;
    this.#groups = new KeyGroups(settings.key);
    this.#last = new PerKey(this.#width, Number.NaN);
  }

  /** Numbers per key: for each stream a time and its columns. */
  get #width(): number {
    return this.#names.reduce((sum, name) => sum + 1 + (this.#settings.columns[name]?.length ?? 0), 0);
  }

  take(turn: readonly (readonly StreamBatch[])[]): { readonly output: StreamBatch | undefined; readonly late: number } {
    // Keys are numbered as their rows are taken: the order of inputs within a turn depends on cuts.
    const local = new KeyGroups(this.#settings.key);
    const inputs = fuseInputs(turn, this.#names, this.#settings, local);
    this.#groups.adoptKind(local);
    // By local number the group, or -1 where it has to be looked up.
    const numbered = new Int32Array(local.size).fill(-1);
    this.#last.reserve(this.#groups.size);
    const ticks = new Ticks(this.#last.width);
    const next = inputs.map(() => 0);
    let late = 0;
    for (;;) {
      const input = earliest(inputs, next);
      if (input === undefined) break;
      const row = next[inputs.indexOf(input)] as number;
      next[inputs.indexOf(input)] = row + 1;
      const by = { ordinal: input.rows.ordinal[row] as number, time: knownAt(input.rows, row, input.times[row] as number) };
      if (this.#passTicks(input.rows.watermark[row] as number, by, ticks)) numbered.fill(-1);
      const key = input.groups[row] as number;
      if ((numbered[key] as number) < 0) numbered[key] = this.#groups.add(local.keyOf(key));
      if (!this.#remember(input, row, numbered[key] as number)) late++;
    }
    for (const { mark } of turn.flat())
      if (mark !== undefined) this.#passTicks(mark.watermark, { ordinal: mark.ordinal, time: mark.watermark }, ticks);
    return { output: ticks.times.length === 0 ? undefined : this.#output(ticks), late };
  }

  #remember({ times, columns, offset }: FuseInput, row: number, group: number): boolean {
    const time = times[row] as number;
    const memory = this.#last.reserve(this.#groups.size);
    const at = group * this.#last.width + offset;
    if (Number.isNaN(time) || (memory[at] as number) >= time || this.#tick >= time) return false;
    memory[at] = time;
    columns.forEach((values, column) => {
      // A missing value leaves the one before in place.
      if (!Number.isNaN(values[row])) memory[at + 1 + column] = values[row] as number;
    });
    return true;
  }

  /** Puts out the ticks that the watermark has passed; returns true where keys were forgotten. */
  #passTicks(watermark: number, by: { readonly ordinal: number; readonly time: number }, ticks: Ticks): boolean {
    if (!(watermark > this.#watermark)) return false;
    this.#watermark = watermark;
    const { every, maxTicks } = this.#settings;
    // The tick at the watermark itself may still get rows of that very time.
    const latest = Math.ceil(watermark / every) * every - every;
    const first = Number.isNaN(this.#tick) ? latest + every : this.#tick + every;
    if (Number.isNaN(this.#tick)) this.#tick = latest;
    let forgot = false;
    for (let tick = Math.max(first, latest - (maxTicks - 1) * every); tick <= latest; tick += every) {
      this.#tick = tick;
      forgot = this.#forget(tick) || forgot;
      const memory = this.#last.reserve(this.#groups.size);
      for (let group = 0; group < this.#groups.size; group++) {
        const values = memory.slice(group * this.#last.width, (group + 1) * this.#last.width);
        if (values.some((value) => !Number.isNaN(value)))
          ticks.add(tick, this.#groups.keyOf(group), values, by.ordinal, Math.max(tick, by.time));
      }
    }
    return forgot;
  }

  /** Forgets keys of which all streams have been silent for longer than the ttl; rows without a key never. */
  #forget(tick: number): boolean {
    const { stateTtl, key } = this.#settings;
    if (stateTtl === undefined) return false;
    const kept = Int32Array.from({ length: this.#groups.size }, (_, group) => group).filter(
      (group) => group === 0 || tick - this.#newest(group) <= stateTtl,
    );
    if (kept.length === this.#groups.size) return false;
    const groups = new KeyGroups(key, this.#groups.kind);
    for (const group of kept) groups.add(this.#groups.keyOf(group));
    this.#groups = groups;
    this.#last.keepGroups(kept);
    return true;
  }

  /** Event time of a key's last row of any stream. */
  #newest(group: number): number {
    const memory = this.#last.reserve(this.#groups.size);
    let newest = Number.NEGATIVE_INFINITY;
    let at = group * this.#last.width;
    for (const name of this.#names) {
      if ((memory[at] as number) > newest) newest = memory[at] as number;
      at += 1 + (this.#settings.columns[name]?.length ?? 0);
    }
    return newest;
  }

  #output(ticks: Ticks): StreamBatch {
    const { key, columns } = this.#settings;
    const made: [string, Data][] = [
      ['at', timestampData(ticks.times)],
      ...(key === undefined ? [] : [[key, keyData(this.#groups.kind, ticks.keys)] as [string, Data]]),
    ];
    let offset = 0;
    for (const name of this.#names) {
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

  static read(settings: FuseSettings, names: readonly string[], input: StateReader): FusedState {
    const state = new FusedState(settings, names);
    state.#groups = KeyGroups.read(settings.key, input);
    state.#last = PerKey.read(state.#width, Number.NaN, input);
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
  readonly keys: Key[] = [];
  readonly values: Float64Array[] = [];
  readonly ordinals: number[] = [];
  readonly availableAt: number[] = [];
  readonly width: number;

  constructor(width: number) {
    this.width = width;
  }

  add(tick: number, key: Key, values: Float64Array, ordinal: number, availableAt: number): void {
    this.times.push(tick);
    this.keys.push(key);
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
