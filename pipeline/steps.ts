import type { BatchSchema } from '../columnar/index.ts';
import type {
  Clock,
  LedgerEquation,
  RejectedRow,
  StateCell,
  StepContext,
  StepDeclaration,
  StepReport,
  TaskContext,
} from '../streams/index.ts';
import { Ledger } from './ledger.ts';
import { StepJournal } from './step-journal.ts';

/** A row that a step rejected, with the step's id. */
export interface StepRejection extends RejectedRow {
  readonly step: string;
}

/**
 * The steps of one task: hands out ids in build order, keeps their state cells, counters and reports, and runs what they asked for at the end of a turn.
 */
export class Steps implements TaskContext {
  readonly ledger = new Ledger();
  readonly journal = new StepJournal();
  readonly cells = new Map<string, StateCell>();
  readonly reports = new Map<string, () => StepReport>();
  /** Schema of the newest batch that left each step. */
  readonly schemas = new Map<string, BatchSchema>();
  readonly ids: string[] = [];
  /** Steps whose rows of a savepoint have got other columns: their state is not what was stored. */
  readonly refitted = new Set<string>();
  readonly #clock: Clock;
  readonly #onNotice: (notice: string) => void;
  readonly #turnEnds: (() => void)[] = [];
  #rejections: StepRejection[] = [];
  #work: Promise<void>[] = [];

  constructor(clock: Clock, onNotice: (notice: string) => void = () => {}) {
    this.#clock = clock;
    this.#onNotice = onNotice;
  }

  step({ name, ledger, onError = 'stop' }: StepDeclaration): StepContext {
    const id = this.#freeId(name);
    const { journal } = this;
    this.ids.push(id);
    this.ledger.declare(id, onError === 'reject' ? withRejected(ledger) : ledger);
    return {
      id,
      onError,
      clock: this.#clock,
      journal: {
        recall: () => journal.next(id),
        keep: (ordinal, answer) => journal.keep(id, ordinal, answer),
        get repeating() {
          return journal.repeating;
        },
      },
      count: (counter, rows) => this.ledger.add(id, counter, rows),
      emitted: (batch) => {
        this.ledger.add(id, 'out', batch.batch.numRows);
        this.schemas.set(id, batch.batch.schema);
      },
      reject: (row) => {
        this.ledger.add(id, 'rejected', 1);
        this.#rejections.push({ ...row, step: id });
      },
      keep: (cell) => this.cells.set(id, cell),
      onTurnEnd: (flush) => this.#turnEnds.push(flush),
      refitted: (text) => {
        this.refitted.add(id);
        this.#onNotice(`${id}: ${text}`);
      },
      waitFor: (work) => this.#work.push(work),
      report: (read) => this.reports.set(id, read),
    };
  }

  #freeId(name: string): string {
    if (!this.ids.includes(name)) return name;
    let number = 2;
    while (this.ids.includes(`${name}-${number}`)) number++;
    return `${name}-${number}`;
  }

  /** Declares counters that belong to no operator: ingest, sinks. */
  declare(id: string, ledger: LedgerEquation): void {
    this.ledger.declare(id, ledger);
  }

  /** Waits for asynchronous work, then runs the turn-end hooks in build order: a hook that merges sees what the work before it brought. */
  async endTurn(): Promise<void> {
    await this.#settle();
    for (const flush of this.#turnEnds) {
      flush();
      await this.#settle();
    }
  }

  async #settle(): Promise<void> {
    while (this.#work.length > 0) {
      const work = this.#work;
      this.#work = [];
      await Promise.all(work);
    }
  }

  /** Rows rejected since the last call. */
  takeRejections(): readonly StepRejection[] {
    const rejections = this.#rejections;
    this.#rejections = [];
    return rejections;
  }
}

/** A step whose lift may reject rows has them in its equation. */
const withRejected = ({ left, right }: LedgerEquation): LedgerEquation => ({
  left,
  right: right.includes('rejected') ? right : [...right, 'rejected'],
});
