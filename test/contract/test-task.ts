import {
  type Clock,
  type LedgerEquation,
  type RejectedRow,
  type StateCell,
  StateReader,
  StateWriter,
  type StepContext,
  type StepDeclaration,
  type StepReport,
  type TaskContext,
} from '../../streams/index.ts';

/** One step as the task sees it. */
export interface TestStep {
  readonly id: string;
  readonly ledger: LedgerEquation;
  readonly counters: Map<string, number>;
  cell: StateCell | undefined;
  /** What the step registered to tell of itself. */
  report?: () => StepReport;
}

/** A task in memory: keeps what steps register, count and reject, so that tests can look at it, snapshot and restore. */
export class TestTask implements TaskContext {
  readonly steps: TestStep[] = [];
  readonly rejects: (RejectedRow & { readonly step: string })[] = [];
  readonly clock: Clock & { set(now: number): void };
  readonly #flushes: (() => void)[] = [];
  readonly #work: Promise<void>[] = [];

  constructor() {
    let time = 0;
    this.clock = { now: () => time, set: (now) => (time = now) };
  }

  step({ name, ledger, onError }: StepDeclaration): StepContext {
    const same = this.steps.filter((step) => step.id === name || step.id.startsWith(`${name}-`)).length;
    const step: TestStep = { id: same === 0 ? name : `${name}-${same + 1}`, ledger, counters: new Map(), cell: undefined };
    this.steps.push(step);
    const count = (counter: string, rows: number) => {
      step.counters.set(counter, (step.counters.get(counter) ?? 0) + rows);
    };
    return {
      id: step.id,
      ...(onError === undefined ? {} : { onError }),
      clock: this.clock,
      count,
      emitted: ({ batch }) => count('out', batch.numRows),
      report: (read) => {
        step.report = read;
      },
      reject: (row) => {
        count('rejected', 1);
        this.rejects.push({ ...row, step: step.id });
      },
      keep: (cell) => {
        step.cell = cell;
      },
      onTurnEnd: (flush) => void this.#flushes.push(flush),
      waitFor: (work) => void this.#work.push(work),
    };
  }

  /** Ends a turn: fan-in steps merge what they hold. */
  endTurn(): void {
    for (const flush of this.#flushes) flush();
  }

  /** Waits for what steps asked the task to wait for. */
  async settle(): Promise<void> {
    while (this.#work.length > 0) await this.#work.shift();
  }

  /** The state of all steps, by step. */
  snapshot(): Map<string, { version: number; bytes: Uint8Array }> {
    const cells = this.steps.filter((step): step is TestStep & { cell: StateCell } => step.cell !== undefined);
    return new Map(
      cells.map(({ id, cell }) => {
        const out = new StateWriter();
        cell.snapshot(out);
        return [id, { version: cell.version, bytes: out.finish() }];
      }),
    );
  }

  /** Restores a snapshot that another task took of the same steps. */
  restore(snapshot: ReadonlyMap<string, { version: number; bytes: Uint8Array }>): void {
    for (const [id, { version, bytes }] of snapshot) {
      this.steps.find((step) => step.id === id)?.cell?.restore(new StateReader(bytes), version);
    }
  }

  /** Steps whose ledger does not balance, with their counters. */
  unbalanced(): string[] {
    const sum = (step: TestStep, counters: readonly string[]) => counters.reduce((rows, name) => rows + (step.counters.get(name) ?? 0), 0);
    return this.steps
      .filter((step) => sum(step, step.ledger.left) !== sum(step, step.ledger.right))
      .map((step) => `${step.id}: ${JSON.stringify(Object.fromEntries(step.counters))}`);
  }
}
