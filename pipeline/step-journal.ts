import type { JournalEntry } from '../connectors/index.ts';

const PREFIX = 'answer:';

/**
 * Answers that steps got from outside (a service, say), kept with the epochs since the newest snapshot, so that a re-run repeats them instead of asking again.
 */
export class StepJournal {
  /** Answers since the newest snapshot. */
  entries: JournalEntry[] = [];
  /** Bytes of these, about. */
  bytes = 0;
  /** True while committed rows are run again. */
  repeating = false;
  #recalled = new Map<string, unknown[]>();

  /** Loads the journal of a committed epoch for the re-run that begins. */
  recall(journal: readonly JournalEntry[]): void {
    this.repeating = true;
    this.#recalled = new Map();
    for (const { kind, value } of journal) {
      if (!kind.startsWith(PREFIX)) continue;
      const step = kind.slice(PREFIX.length);
      const answers = this.#recalled.get(step);
      if (answers === undefined) this.#recalled.set(step, [value]);
      else answers.push(value);
    }
  }

  /** The next answer that a committed epoch kept for this step; undefined when there is none left. */
  next(step: string): unknown {
    return this.#recalled.get(step)?.shift();
  }

  keep(step: string, ordinal: number, value: unknown): void {
    this.entries.push({ ordinal, kind: PREFIX + step, value });
    this.bytes += JSON.stringify(value).length + PREFIX.length + step.length + 40;
  }

  /** The re-run is over. */
  goLive(): void {
    this.repeating = false;
  }

  restart(): void {
    this.entries = [];
    this.bytes = 0;
  }
}
