import type { JournalEntry, Position, ReadBudget } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import type { SourceRows } from './source-rows.ts';
import type { TaskInput } from './task-input.ts';

/** A stretch of rows of one input and the ordinal of its first row; the others follow without gaps. */
export interface Stretch {
  readonly input: TaskInput;
  readonly firstOrdinal: number;
  readonly taken: SourceRows;
}

const IDLE = 'input-idle';
const ACTIVE = 'input-active';

/**
 * Puts the inputs of a task into one order: by event time, then topic, then offset. The task waits for an input only while it may bring rows; that an input was idle is a
 * decision of the wall clock, so it is journaled with the ordinal at which it was made, and a re-run repeats it.
 */
export class InputMerge {
  readonly #all: readonly TaskInput[];
  /** Those that have their turn: a history, and when it has ended the topics that follow it. */
  #inputs: readonly TaskInput[];
  readonly #idle = new Set<TaskInput>();
  #nextOrdinal: number;
  #replay: JournalEntry[];
  #live: boolean;
  #interrupted = false;
  #wake: (() => void) | undefined;
  /** Decisions since the last snapshot. */
  journal: JournalEntry[] = [];

  constructor(inputs: readonly TaskInput[], start: { readonly nextOrdinal: number; readonly replay?: readonly JournalEntry[] }) {
    this.#all = inputs;
    this.#inputs = this.#current();
    this.#nextOrdinal = start.nextOrdinal;
    this.#replay = (start.replay ?? []).filter(({ kind }) => kind === IDLE || kind === ACTIVE);
    this.#live = start.replay === undefined;
    for (const input of inputs) {
      if (!input.isMember) continue;
      if (this.#live) this.#note(ACTIVE, input);
      else if (this.#tellsMembers(input.name)) this.#idle.add(input);
    }
  }

  #current(): readonly TaskInput[] {
    const ended = new Set(this.#all.filter((input) => input.finished).map((input) => input.key));
    const followed = new Set(this.#all.map((input) => input.follows));
    return this.#all.filter(
      (input) => (input.follows === undefined || ended.has(input.follows)) && !(ended.has(input.key) && followed.has(input.key)),
    );
  }

  /** Whether the journal says which topics of an input took part: those that it does not name have appeared since, and join when the re-run is over. */
  #tellsMembers(name: string): boolean {
    return this.#replay.some(({ value }) => String(value).startsWith(`${name}/`));
  }

  /** The re-run is over: from now on the wall clock decides. A read of the re-run that is still under way may say 'idle' only because it was to stop here, so it is waited for. */
  async goLive(): Promise<void> {
    this.#repeat();
    await Promise.all(this.#all.map((input) => input.settle()));
    this.#live = true;
  }

  get nextOrdinal(): number {
    return this.#nextOrdinal;
  }

  get positions(): Readonly<Record<string, Position>> {
    const positions: Record<string, Position> = {};
    // One that has not had its turn yet is nowhere: by its position a restart sees that its history has ended.
    const begun = this.#all.filter((input) => this.#inputs.includes(input) || input.finished);
    for (const { name, position } of begun) positions[name] = { ...positions[name], ...position };
    return positions;
  }

  /** Whether no input has anything more at hand: the moment to close an epoch. */
  get drained(): boolean {
    return this.#inputs.every((input) => input.drained);
  }

  get lag(): number {
    return this.#inputs.reduce((sum, input) => sum + input.lag, 0);
  }

  /** A snapshot was taken: the journal begins anew with which inputs are idle, and which topics of an input take part. */
  restartJournal(): void {
    const told = this.#all.filter((input) => input.isMember || this.#idle.has(input));
    this.journal = told.map((input) => ({ ordinal: this.#nextOrdinal, kind: this.#idle.has(input) ? IDLE : ACTIVE, value: input.key }));
  }

  /** The next rows of all inputs, at most about `rows`; `'idle'` when nothing is at hand now, `'end'` when nothing ever will. */
  async next(rows: number, budgets: (input: TaskInput) => ReadBudget): Promise<readonly Stretch[] | 'idle' | 'end'> {
    const waiting = this.#inputs.filter((input) => !input.ready && !this.#idle.has(input));
    const reads = this.#inputs.map((input) => input.read(budgets(input)));
    await this.#unlessInterrupted(
      Promise.all(this.#inputs.map((input, i) => (waiting.includes(input) && !input.ready ? reads[i] : undefined))),
    );
    if (this.#interrupted && waiting.some((input) => !input.ready && input.status !== 'end')) return 'idle';
    // Before others go on: those that follow are waited for like all.
    if (this.#advances()) return this.next(rows, budgets);
    if (this.#live) this.#decide();
    else this.#repeat();
    const ready = this.#inputs.filter((input) => input.ready && !this.#idle.has(input));
    if (ready.length > 0) return this.#merge(ready, rows);
    if (this.#inputs.every((input) => input.status === 'end')) return 'end';
    if (this.#live && this.#inputs.length > 1) await this.#unlessInterrupted(this.arrival(budgets));
    return 'idle';
  }

  /** Lets those have their turn that follow an input which has ended; false when nothing has changed. */
  #advances(): boolean {
    const current = this.#current();
    if (current.length === this.#inputs.length && current.every((input, index) => input === this.#inputs[index])) return false;
    this.#inputs = current;
    return true;
  }

  /** The task is to stop: it waits for no input any more, which may hang. */
  interrupt(): void {
    this.#interrupted = true;
    this.#wake?.();
  }

  async #unlessInterrupted(reads: Promise<unknown>): Promise<void> {
    if (this.#interrupted) return;
    const { promise: interrupted, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await Promise.race([reads, interrupted]);
  }

  /** Resolves when a read of any input has come back; takes nothing. */
  async arrival(budgets: (input: TaskInput) => ReadBudget): Promise<void> {
    await Promise.race(this.#inputs.filter((input) => input.status !== 'end').map((input) => input.read(budgets(input))));
  }

  #decide(): void {
    for (const input of this.#inputs) {
      if (this.#idle.has(input)) {
        if (input.ready) this.#note(ACTIVE, input);
      } else if (!input.ready && input.status !== 'end' && this.#inputs.length > 1) this.#note(IDLE, input);
    }
  }

  #note(kind: string, input: TaskInput): void {
    if (kind === IDLE) this.#idle.add(input);
    else this.#idle.delete(input);
    this.journal.push({ ordinal: this.#nextOrdinal, kind, value: input.key });
  }

  #repeat(): void {
    while (this.#replay[0] !== undefined && this.#replay[0].ordinal <= this.#nextOrdinal) {
      const { kind, value } = this.#replay.shift() as JournalEntry;
      const input = this.#all.find(({ key }) => key === value);
      if (input !== undefined) this.#note(kind, input);
    }
  }

  #merge(ready: readonly TaskInput[], rows: number): readonly Stretch[] {
    if (this.#inputs.length > 1) this.#refuseIndivisible(ready);
    const stretches: Stretch[] = [];
    const decision = this.#replay[0]?.ordinal ?? Number.POSITIVE_INFINITY;
    const end = Math.min(this.#nextOrdinal + rows, decision);
    do {
      const input = ready.reduce((first, other) => (comesFirst(other, first) ? other : first));
      const others = ready.filter((other) => other !== input);
      // Ties go row by row through `comesFirst`, so a stretch stops before the earliest head of the others.
      const time = others.reduce((earliest, other) => Math.min(earliest, other.headTime), Number.POSITIVE_INFINITY);
      const strict = others.length === 0 ? Number.POSITIVE_INFINITY : previousTime(time);
      const taken = input.take(end - this.#nextOrdinal, strict);
      stretches.push({ input, firstOrdinal: this.#nextOrdinal, taken });
      this.#nextOrdinal += taken.to - taken.from;
    } while (this.#nextOrdinal < end && ready.every((input) => input.ready));
    return stretches;
  }

  /** Where a batch that is taken whole would be cut by the other inputs, the order would depend on how it was read. */
  #refuseIndivisible(ready: readonly TaskInput[]): void {
    const input = ready.find(({ indivisible }) => indivisible);
    if (input === undefined) return;
    throw new MillraceError('INVALID_PIPELINE', `input '${input.name}' comes in no order that other inputs could be merged with`, {
      hint: 'publish the replay to a topic (feeds, or millrace replay) and read that',
    });
  }
}

/** The largest event time that surely comes before `time`: event times are whole milliseconds. */
const previousTime = (time: number) => time - 1;

function comesFirst(a: TaskInput, b: TaskInput): boolean {
  if (a.headTime !== b.headTime) return a.headTime < b.headTime;
  if (a.headSource !== b.headSource) return a.headSource < b.headSource;
  return a.headOffset < b.headOffset;
}
