import { type LedgerEquation, MillraceError, type StateReader, type StateWriter } from '../streams/index.ts';

/** Counters of one step by name. */
export type Counters = Readonly<Record<string, number>>;

/**
 * Where every row of a task went: counters per step, and the equations that they must satisfy at each epoch (promise 4). Part of the task's state, so a
 * restarted task goes on counting where the committed epoch ended.
 */
export class Ledger {
  readonly #equations = new Map<string, LedgerEquation>();
  readonly #counters = new Map<string, Map<string, number>>();

  declare(step: string, equation: LedgerEquation): void {
    this.#equations.set(step, equation);
    this.#counters.set(step, this.#counters.get(step) ?? new Map());
  }

  add(step: string, counter: string, rows: number): void {
    if (rows === 0) return;
    const counters = this.#counters.get(step) ?? new Map<string, number>();
    this.#counters.set(step, counters);
    const total = (counters.get(counter) ?? 0) + rows;
    // A counter that comes back to zero leaves no trace: whether it ever was more may depend on where batches end.
    if (total === 0) counters.delete(counter);
    else counters.set(counter, total);
  }

  get(step: string, counter: string): number {
    return this.#counters.get(step)?.get(counter) ?? 0;
  }

  /** Sum over all steps of the counters that `matches`. */
  sum(matches: (counter: string) => boolean): number {
    let total = 0;
    for (const counters of this.#counters.values()) for (const [counter, rows] of counters) if (matches(counter)) total += rows;
    return total;
  }

  /** Throws LEDGER_UNBALANCED naming the first step that lost or made up rows. */
  check(): void {
    for (const [step, { left, right }] of this.#equations) {
      const total = (counters: readonly string[]) => counters.reduce((sum, counter) => sum + this.get(step, counter), 0);
      if (total(left) === total(right)) continue;
      const side = (counters: readonly string[]) => counters.map((counter) => `${counter} ${this.get(step, counter)}`).join(' + ');
      throw new MillraceError('LEDGER_UNBALANCED', `rows do not add up: ${side(left)} is not ${side(right)}`, {
        step,
        hint: 'the operator loses or makes up rows: this is a defect of the operator',
      });
    }
  }

  /** Forgets the counters of steps that `keep` does not name: the pipeline has lost them. */
  retain(keep: (step: string) => boolean): void {
    for (const step of [...this.#counters.keys()]) if (!keep(step)) this.#counters.delete(step);
  }

  toJSON(): Readonly<Record<string, Counters>> {
    return Object.fromEntries([...this.#counters].map(([step, counters]) => [step, Object.fromEntries([...counters].sort(byName))]));
  }

  snapshot(out: StateWriter): void {
    const steps = [...this.#counters].filter(([, counters]) => counters.size > 0).sort(byName);
    out.number(steps.length);
    for (const [step, counters] of steps) {
      out.string(step).number(counters.size);
      for (const [counter, rows] of [...counters].sort(byName)) out.string(counter).number(rows);
    }
  }

  restore(input: StateReader): void {
    for (const counters of this.#counters.values()) counters.clear();
    for (let steps = input.number(); steps > 0; steps--) {
      const step = input.string();
      for (let counters = input.number(); counters > 0; counters--) this.add(step, input.string(), input.number());
    }
  }
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : a > b ? 1 : 0);
