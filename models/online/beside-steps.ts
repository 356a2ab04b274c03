import { MillraceError, type StateReader, type StateWriter, type StepContext } from '../../streams/index.ts';
import { type BesideTraining, type Estimator, isTrainableBeside, type TrainableBeside, type TrainingPart } from '../estimators/index.ts';

/** How training goes on beside ingestion. */
export interface BesideOptions {
  /**
   * Mini-batches that prediction lags behind: rows are predicted with the steps of all mini-batches but the `lag` newest. 0 gives the bits of training without `beside`, and
   * nothing of its speed.
   */
  readonly lag: number;
  /**
   * What becomes of a mini-batch when the one that has to be learned by then is not: `block` waits, `sample` leaves the new one out, `coalesce` puts it into one step with the
   * next. @default 'block'
   */
  readonly whenBehind?: 'block' | 'sample' | 'coalesce';
}

/** Most mini-batches that are put off before a step must take them all: what waits stays bounded. */
const MOST_HELD = 7;

/** A step handed over whose outcome the estimator has not got yet. */
interface WaitingStep {
  readonly parts: readonly TrainingPart[];
  /** Unit of the targets, per lead; empty without residuals. */
  readonly unit: Float64Array;
}

/** What a step has come to. */
export interface StepOutcome {
  /** Optimizer steps left out. */
  readonly skipped: number;
  /** Unit of the estimator's outputs from now on. */
  readonly unit: Float64Array;
}

/**
 * The steps of an estimator that another thread trains. Before a mini-batch is handed over, the outcome of the one `lag` before it is taken: which weights a row meets depends on the
 * rows alone. With the policies `sample` and `coalesce` it depends on the clock too, so that each mini-batch left out or put off is written to the journal.
 */
export class BesideSteps {
  readonly #lag: number;
  readonly #whenBehind: 'block' | 'sample' | 'coalesce';
  readonly #estimator: TrainableBeside;
  readonly #step: StepContext;
  readonly #batchRows: number;
  readonly #parts: number;
  /** Started when the first mini-batch comes: a state that is only looked at needs no thread. */
  #training: BesideTraining | undefined;
  #waiting: WaitingStep[] = [];
  /** Mini-batches put off. */
  #held = 0;
  /** Mini-batches decided about. */
  #decisions = 0;
  /** The next mini-batch that a re-run has to leave out or put off. */
  #recalled: unknown;

  /** @param replays further optimizer steps of each step */
  constructor(
    options: BesideOptions,
    estimator: Estimator,
    step: StepContext,
    size: { readonly batchRows: number; readonly replays: number },
  ) {
    if (!isTrainableBeside(estimator)) {
      throw new MillraceError('INVALID_OPTION', 'learn: beside needs an estimator that another thread can train, and this one cannot', {
        hint: 'take a network of compile(), or leave out beside',
      });
    }
    const { lag, whenBehind = 'block' } = options;
    if (step.onError === 'reject' && whenBehind !== 'block') {
      throw new MillraceError(
        'INVALID_OPTION',
        `learn: whenBehind '${whenBehind}' cannot be repeated row by row, as onError 'reject' may have to`,
        {
          hint: "take whenBehind 'block', or onError 'stop' or 'retry'",
        },
      );
    }
    this.#lag = lag;
    this.#whenBehind = whenBehind;
    this.#estimator = estimator;
    this.#step = step;
    this.#batchRows = size.batchRows;
    this.#parts = 1 + size.replays;
  }

  /** Mini-batches put off: the step that is made next takes them, too. */
  get held(): number {
    return this.#held;
  }

  /** Decides what becomes of a mini-batch that was filled before the row with this ordinal: `sample` and `coalesce` when training is behind. */
  decide(ordinal: number): 'learn' | 'sample' | 'coalesce' {
    this.#decisions++;
    if (this.#whenBehind === 'block' || (this.#whenBehind === 'coalesce' && this.#held === MOST_HELD)) return 'learn';
    if (!this.#isBehind()) return 'learn';
    this.#step.journal?.keep(ordinal, this.#decisions);
    this.#step.count(this.#whenBehind === 'sample' ? 'sampledOut' : 'coalesced', 1);
    if (this.#whenBehind === 'coalesce') this.#held++;
    return this.#whenBehind;
  }

  #isBehind(): boolean {
    const { journal } = this.#step;
    if (journal?.repeating !== true) return this.#waiting.length > 0 && this.#waiting.length >= this.#lag && !this.#started().isMade();
    this.#recalled ??= journal.recall();
    if (this.#recalled !== this.#decisions) return false;
    this.#recalled = undefined;
    return true;
  }

  /** Hands a step over. */
  post(parts: readonly TrainingPart[], unit: Float64Array): void {
    this.#started().post(parts);
    this.#waiting.push({ parts, unit });
    this.#step.count('trained', 1 + this.#held);
    this.#held = 0;
  }

  /** Takes the outcome of the step that is due by now, if one is. */
  advance(): StepOutcome | undefined {
    if (this.#waiting.length <= this.#lag) return undefined;
    const skipped = this.#started().advance();
    const { unit } = this.#waiting.shift() as WaitingStep;
    return { skipped, unit };
  }

  #started(): BesideTraining {
    if (this.#training !== undefined) return this.#training;
    const most = this.#whenBehind === 'coalesce' ? MOST_HELD : 0;
    const mostRows = this.#waiting.reduce(
      (rows, { parts }) => Math.max(rows, ...parts.map((part) => part.rows)),
      (Math.max(most, this.#held) + 1) * this.#batchRows,
    );
    const thread = this.#step.clock.virtual !== true;
    this.#training = this.#estimator.trainBeside({ jobs: this.#lag + 1, parts: this.#parts, mostRows, thread });
    for (const { parts } of this.#waiting) this.#training.post(parts);
    return this.#training;
  }

  /** Ends the thread. */
  close(): void {
    this.#training?.close();
    this.#training = undefined;
  }

  /** What is handed over is state: its outcome is not in the estimator's yet. */
  snapshot(out: StateWriter): void {
    out.number(this.#held).number(this.#decisions).number(this.#waiting.length);
    for (const { parts, unit } of this.#waiting) {
      out.numbers(unit).number(parts.length);
      for (const { rows, features, targets, weights } of parts) out.number(rows).numbers(features).numbers(targets).numbers(weights);
    }
  }

  restore(input: StateReader): void {
    this.#held = input.number();
    this.#decisions = input.number();
    const waiting = input.number();
    for (let step = 0; step < waiting; step++) {
      const unit = input.float64s();
      const parts: TrainingPart[] = [];
      for (let count = input.number(); count > 0; count--) {
        parts.push({ rows: input.number(), features: input.float32s(), targets: input.float32s(), weights: input.float32s() });
      }
      this.#waiting.push({ parts, unit });
    }
  }
}
