import { type Batch, emptyBatch, instantsOf, rolesOf, type TypeMap } from '../columnar/index.ts';
import type { Position, ReadBudget, Source, SourceBatch } from '../connectors/index.ts';
import { recordBoundary, type SourceRows, takeSourceRows } from './source-rows.ts';
import { type InputPlace, placeKey } from './task-inputs.ts';

/** How long a source may take to end its read, and then to close, ms. */
const PATIENCE = 2000;

/**
 * One input of a task: reads ahead by one batch while the task works, and hands out rows by a cursor. Its position is that of the rows handed out.
 */
export class TaskInput {
  /** Name of the pipeline's input; the topics of one input share it. */
  readonly name: string;
  /** Tells the task's inputs apart in the journal. */
  readonly key: string;
  /** Key of the input that has to end before this one has its turn. */
  readonly follows: string | undefined;
  readonly allowedLateness: number;
  /** Another task reads it as well, and publishes what of it is rejected. */
  readonly rejectedElsewhere: boolean;
  readonly #source: Source<TypeMap>;
  #position: Position;
  #reading: Promise<void> | undefined;
  #ahead: SourceBatch<TypeMap> | undefined;
  #failure: { readonly thrown: unknown } | undefined;
  #batch: SourceBatch<TypeMap> | undefined;
  #times: Float64Array | undefined;
  #cursor = 0;
  #counted = 0;
  /** What the last read brought. */
  status: 'rows' | 'idle' | 'end' = 'rows';
  /** Records known to wait beyond those read. */
  lag = 0;

  constructor({ name, topic, follows, source, position = {}, allowedLateness, rejectedElsewhere }: Omit<InputPlace, 'partition'>) {
    this.name = name;
    this.key = placeKey({ name, topic });
    this.follows = follows;
    this.allowedLateness = allowedLateness;
    this.rejectedElsewhere = rejectedElsewhere;
    this.#source = source;
    this.#position = position;
  }

  /** A batch without rows, which tells the columns to come. */
  get empty(): Batch {
    return emptyBatch(this.#source.schema);
  }

  get position(): Position {
    return this.#position;
  }

  /** Whether this is one of several topics that make up an input. */
  get isMember(): boolean {
    return this.key !== this.name;
  }

  /** Whether all of it has been handed out, and nothing will ever come. */
  get finished(): boolean {
    return this.status === 'end' && this.#batch === undefined && this.#ahead === undefined;
  }

  /** Event time of the next row, -Infinity without event time. Only while `ready`. */
  get headTime(): number {
    return this.#times?.[this.#cursor] ?? Number.NEGATIVE_INFINITY;
  }

  /** Whether the rows at hand have to be taken together. */
  get indivisible(): boolean {
    return this.#batch?.indivisible ?? false;
  }

  /** Offset of the next row. */
  get headOffset(): number {
    return this.#batch?.offset[this.#cursor] ?? 0;
  }

  /** Stream of the next row. */
  get headSource(): string {
    return this.#batch?.source ?? '';
  }

  /** Whether all that was known to wait has been handed out. */
  get drained(): boolean {
    return this.#batch === undefined && this.#ahead === undefined && this.lag === 0;
  }

  /** Whether rows are at hand. Throws what the source threw. */
  get ready(): boolean {
    if (this.#batch !== undefined) return true;
    if (this.#failure !== undefined) throw this.#failure.thrown;
    if (this.#ahead === undefined) return false;
    this.#batch = this.#ahead;
    this.#ahead = undefined;
    this.#times = eventTimes(this.#batch.batch);
    this.#cursor = 0;
    this.#counted = 0;
    return true;
  }

  /** Starts a read unless one is under way or its result still waits; settles when it is done. */
  read(budget: ReadBudget): Promise<void> {
    if (this.#ahead !== undefined || this.#failure !== undefined || this.status === 'end') return Promise.resolve();
    this.#reading ??= this.#source
      .next(budget)
      .then(
        (result) => this.#take(result),
        (thrown) => {
          this.#failure = { thrown };
        },
      )
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  #take(result: SourceBatch<TypeMap> | 'idle' | 'end'): void {
    if (typeof result === 'string') {
      this.status = result;
      this.lag = 0;
    } else {
      this.status = 'rows';
      this.lag = result.lag;
      this.#ahead = result;
    }
  }

  /** Hands out up to `rows` rows, and none whose event time is beyond `time` but the first. */
  take(rows: number, time = Number.POSITIVE_INFINITY): SourceRows {
    const batch = this.#batch as SourceBatch<TypeMap>;
    const most = Math.min(batch.offset.length, this.#cursor + rows);
    let to = most;
    if (this.#times !== undefined && time < Number.POSITIVE_INFINITY) {
      to = this.#cursor;
      while (to < most && !((this.#times[to] as number) > time)) to++;
    }
    const cut = recordBoundary(batch, this.#cursor, to);
    const taken = takeSourceRows(batch, this.#cursor, cut, this.#position, this.#counted);
    this.#counted += taken.records;
    // Streams that are behind it, a history's, stay in its position.
    this.#position = { ...this.#position, ...taken.position };
    this.#cursor = cut;
    if (cut >= batch.offset.length) {
      this.#batch = undefined;
      this.#times = undefined;
    }
    return taken;
  }

  /** Waits for the read under way, if there is one. */
  async settle(): Promise<void> {
    await this.#reading;
  }

  /** A read that hangs is not waited for: closing the source ends it where anything can. */
  async close(): Promise<void> {
    await settledWithin(PATIENCE, this.settle());
    await settledWithin(PATIENCE, this.#source.close());
  }
}

/** Waits for work, but no longer than so many ms. */
async function settledWithin(milliseconds: number, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Event times of a batch in ms, or undefined when its schema has no event time. */
export function eventTimes(batch: Batch): Float64Array | undefined {
  const { eventTime } = rolesOf(batch.schema);
  return eventTime === undefined ? undefined : instantsOf(batch, eventTime);
}
