import type { TypeMap } from 'apache-arrow';
import { type Batch, type BatchSchema, emptyBatch, instantsOf, makeBatch, rolesOf, timestampData } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import type { Position, ReadBudget, RejectedRecord, Source, SourceBatch, SourceDefinition } from '../../contract/index.ts';
import { ArrivalOrder, type Disturbance } from './arrival-order.ts';
import { type ArrivalKey, type Arrived, compareArrivals, type ReplayBase, ReplayBuffer } from './replay-buffer.ts';
import type { ReplayClock } from './replay-clock.ts';
import { fromPosition, hasReached, isReplayPosition, isSourcePosition, markOf, toPosition } from './replay-position.ts';

/** What a replay does, settled. */
export interface ReplaySettings {
  /** Milliseconds of event time per millisecond; Infinity: as fast as possible. */
  readonly speed: number;
  /** Times that the source is read through. */
  readonly passes: number;
  readonly disturbance: Disturbance;
  readonly clock: ReplayClock;
}

/** A source waits no longer than this before it says that it is idle. */
const LONGEST_WAIT = 100;
/** Rows read at a time: few, so that putting them in order holds up those that are due by a millisecond at most. */
const READ: ReadBudget = { rows: 1_024, bytes: 64 * 1024 * 1024 };

const START: ReplayBase = { position: {}, n: 0, minimum: Number.NaN, maximum: Number.NaN, step: 1, pass: 0, shift: 0 };

/** Before every arrival: what a position without one stands for. */
const NOTHING: ArrivalKey = { due: Number.NEGATIVE_INFINITY, n: -1, copy: 0 };

/** Gives another source's rows at the pace of their event times, in a disturbed order if wanted; see `replaying`. */
export class ReplaySource<T extends TypeMap> implements Source<T> {
  readonly schema: BatchSchema<T>;
  readonly #definition: SourceDefinition<T>;
  readonly #settings: ReplaySettings;
  readonly #eventTime: string;
  readonly #order: ArrivalOrder;
  readonly #buffer: ReplayBuffer<T>;
  #inner: Source<T> | undefined;
  #ahead: ReturnType<Source<T>['next']> | undefined;
  #partition = 0;
  /** Where the next batch is read from. */
  #base = START;
  /** The last arrival given: before this run, and in it. */
  #after: ArrivalKey | undefined;
  #given: ArrivalKey | undefined;
  #anchor: { readonly wall: number; readonly due: number } | undefined;
  #lag = 0;
  /** Rows of each pass, as far as the source knows. */
  #passRows = 0;
  #name = '';
  #ended = false;
  #trailing: readonly RejectedRecord[] = [];

  constructor(definition: SourceDefinition<T>, settings: ReplaySettings) {
    this.#definition = definition;
    this.schema = definition.schema;
    this.#settings = settings;
    this.#order = new ArrivalOrder(settings.disturbance);
    this.#buffer = new ReplayBuffer(this.#order);
    const { eventTime } = rolesOf(this.schema);
    if (eventTime === undefined)
      throw new MillraceError('INVALID_OPTION', `replaying '${definition.name}' needs an event-time column`, {
        hint: 'name it with eventTime',
      });
    this.#eventTime = eventTime;
  }

  async open(partition: number, position: Position | undefined): Promise<void> {
    this.#partition = partition;
    this.#name = this.#definition.name;
    if (position !== undefined) {
      this.#refuseOtherOrder(position);
      const { base, given } = fromPosition(position);
      this.#base = base;
      this.#after = given;
      this.#given = given;
    }
    await this.#openInner();
  }

  async next(budget: ReadBudget): Promise<SourceBatch<T> | 'idle' | 'end'> {
    if (budget.until !== undefined && isSourcePosition(budget.until)) return this.#repeatSource(budget);
    if (budget.until !== undefined) this.#refuseOtherOrder(budget.until);
    if (budget.until !== undefined && this.#given === undefined && this.#order.isOrderly && isReplayPosition(budget.until)) {
      const repeated = await this.#catchUp(budget, budget.until);
      if (repeated !== undefined) return repeated;
    }
    const until = budget.until === undefined ? undefined : (fromPosition(budget.until).given ?? NOTHING);
    // What `until` names is an arrival: once it is given, nothing that is still to be read comes before it.
    if (until !== undefined && compareArrivals(this.#given ?? NOTHING, until) >= 0) return 'idle';
    while (this.#buffer.peek(until) === undefined) {
      if (this.#ended) return this.#trailing.length > 0 ? this.#tellTrailing() : 'end';
      if (!(await this.#read())) return 'idle';
    }
    // Rows that are repeated after a restart were due before.
    const due = until === undefined ? await this.#waitForDue(this.#buffer.peek(until) as ArrivalKey) : Number.POSITIVE_INFINITY;
    if (due === undefined) return 'idle';
    const arrived = this.#buffer.take(budget.rows, due, until);
    this.#given = arrived.last;
    return this.#sourceBatch(arrived);
  }

  /** The last arrival of another order tells nothing about which rows were given. */
  #refuseOtherOrder(position: Position): void {
    if (fromPosition(position).given === undefined || markOf(position) === this.#order.mark) return;
    throw new MillraceError(
      'INVALID_OPTION',
      `the replay of '${this.#definition.name}' was begun with another seed, jitter, shuffleWithin or duplicate`,
      {
        hint: 'give the same ones, or begin anew with --fresh',
      },
    );
  }

  /**
   * A replay counts its rows from where it began, which need not be where this one does: before it, the source may have been read as it is. So everything up to the place that `until` counts
   * from is read as it is, and counted on from there. Undefined once it is there.
   */
  async #catchUp(budget: ReadBudget, until: Position): Promise<SourceBatch<T> | 'idle' | 'end' | undefined> {
    const { base, given } = fromPosition(until);
    if (base.pass > 0 || given === undefined) return undefined;
    if (!hasReached(this.#base.position, base.position)) return this.#repeatSource({ ...budget, until: base.position });
    this.#base = base;
    if (given.n >= base.n) return undefined;
    // All arrivals up to the last one have been repeated.
    this.#given = given;
    return this.#sourceBatch({
      batch: emptyBatch(this.schema),
      offset: new Float64Array(0),
      rejects: [],
      bytes: 0,
      rawRecord: () => undefined,
    });
  }

  /** Repeats rows that were committed while the source was read as it is, at full speed. */
  async #repeatSource(budget: ReadBudget): Promise<SourceBatch<T> | 'idle' | 'end'> {
    const read = await (this.#inner as Source<T>).next(budget);
    if (typeof read !== 'string') this.#base = { ...this.#base, position: read.position };
    return read;
  }

  async close(): Promise<void> {
    await this.#ahead?.catch(() => {});
    this.#ahead = undefined;
    await this.#inner?.close();
    this.#inner = undefined;
  }

  async #openInner(): Promise<void> {
    this.#inner = this.#definition.create();
    const { position } = this.#base;
    await this.#inner.open(this.#partition, Object.keys(position).length === 0 ? undefined : position);
  }

  /** Reads on; false when the source is idle. */
  async #read(): Promise<boolean> {
    const read = await (this.#ahead ?? (this.#inner as Source<T>).next(READ));
    this.#ahead = undefined;
    if (read === 'idle') return false;
    if (read === 'end') {
      await this.#endPass();
      return true;
    }
    // Read while the rows at hand wait for their time; an error is met when the batch is needed.
    this.#ahead = (this.#inner as Source<T>).next(READ);
    this.#ahead.catch(() => {});
    this.#lag = read.lag;
    this.#name = read.source;
    const base = this.#base;
    this.#passRows = (base.n + read.batch.numRows + read.lag) / (base.pass + 1);
    const batch = this.#shifted(read.batch, base.shift);
    const times = instantsOf(batch, this.#eventTime as never);
    this.#base = { ...advance(base, times), position: read.position };
    this.#buffer.add(read, batch, times, base, this.#after);
    return true;
  }

  async #endPass(): Promise<void> {
    const { pass, minimum, maximum, step, n } = this.#base;
    if (pass + 1 >= this.#settings.passes || Number.isNaN(maximum)) {
      this.#ended = true;
      this.#trailing = this.#buffer.finish();
      return;
    }
    await this.#inner?.close();
    // The next pass goes on in event time where this one ended, one step later.
    const span = (maximum - minimum + step) / (pass + 1);
    this.#base = { ...this.#base, position: {}, n, pass: pass + 1, shift: span * (pass + 1) };
    await this.#openInner();
  }

  #shifted(batch: Batch<T>, shift: number): Batch<T> {
    if (shift === 0) return batch;
    const column = batch.schema.fields.findIndex((field) => field.name === this.#eventTime);
    const columns = [...batch.data.children];
    columns[column] = timestampData(instantsOf(batch, this.#eventTime as never).map((time) => time + shift));
    return makeBatch(batch.schema as BatchSchema<T>, columns);
  }

  /** Arrivals up to the result are due; undefined when none is after the longest wait. */
  async #waitForDue(first: ArrivalKey): Promise<number | undefined> {
    const { speed, clock } = this.#settings;
    if (speed === Number.POSITIVE_INFINITY) return speed;
    this.#anchor ??= { wall: clock.now(), due: first.due };
    const { wall, due } = this.#anchor;
    const wait = wall + (first.due - due) / speed - clock.now();
    if (wait > 0) await clock.wait(Math.min(wait, LONGEST_WAIT));
    return wait > LONGEST_WAIT ? undefined : Math.max(first.due, due + (clock.now() - wall) * speed);
  }

  #tellTrailing(): SourceBatch<T> {
    const rejects = this.#trailing;
    this.#trailing = [];
    return this.#sourceBatch({
      batch: emptyBatch(this.schema),
      offset: new Float64Array(0),
      rejects,
      bytes: 0,
      rawRecord: () => undefined,
    });
  }

  /** Rows of the passes that follow; of a replay without an end those of one. */
  get #lagOfPasses(): number {
    const passes = this.#settings.passes - this.#base.pass - 1;
    return Math.ceil(this.#passRows * (Number.isFinite(passes) ? passes : 1));
  }

  #sourceBatch(arrived: Arrived<T>): SourceBatch<T> {
    return {
      batch: arrived.batch,
      source: this.#name,
      partition: this.#partition,
      offset: arrived.offset,
      records: arrived.batch.numRows + arrived.rejects.length,
      rejects: arrived.rejects,
      position: toPosition(this.#buffer.base ?? this.#base, this.#given, this.#order.mark),
      lag: (this.#ended ? 0 : this.#lag) + this.#buffer.size + this.#lagOfPasses,
      bytes: arrived.bytes,
      indivisible: true,
      rawRecord: arrived.rawRecord,
    };
  }
}

/** Where the next batch begins; makes running maxima of the event times. */
function advance(base: ReplayBase, times: Float64Array): Omit<ReplayBase, 'position'> {
  let { minimum, maximum, step } = base;
  for (let row = 0; row < times.length; row++) {
    const time = times[row] as number;
    minimum = time < minimum || Number.isNaN(minimum) ? time : minimum;
    if (time > maximum) step = time - maximum;
    maximum = time > maximum || Number.isNaN(maximum) ? time : maximum;
    times[row] = maximum;
  }
  return { n: base.n + times.length, minimum, maximum, step, pass: base.pass, shift: base.shift };
}
