import type { Progress, Run, RunSummary } from '../pipeline/index.ts';
import { trainingLines } from './training-lines.ts';

const REDRAW = 200;
const PLAIN_EVERY = 2000;

/** Lines of a command's own, for a terminal of so many columns, or for none (0). */
export type MoreLines = (columns: number) => readonly string[];

/** Live progress of a run: one block redrawn on a terminal, a line now and then elsewhere. */
export class ProgressDisplay {
  readonly #name: string;
  readonly #read: () => Progress;
  readonly #terminal: boolean;
  readonly #more: MoreLines;
  readonly #started = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #drawn = 0;
  #last = { at: this.#started, rows: 0, rate: 0 };

  constructor(name: string, read: () => Progress, terminal = process.stdout.isTTY === true, more: MoreLines = () => []) {
    this.#name = name;
    this.#read = read;
    this.#terminal = terminal;
    this.#more = more;
  }

  start(): void {
    this.#timer = setInterval(() => this.#show(), this.#terminal ? REDRAW : PLAIN_EVERY);
    this.#timer.unref();
  }

  /** Stops; on a terminal the block is cleared for what follows. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#clear();
  }

  #clear(): void {
    if (this.#terminal && this.#drawn > 0) process.stdout.write(`\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
  }

  #show(): void {
    const lines = this.lines(this.#read(), performance.now());
    if (!this.#terminal) {
      console.log(lines.join(' | '));
      return;
    }
    this.#clear();
    const width = process.stdout.columns || 80;
    process.stdout.write(`${lines.map((line) => line.slice(0, width - 1)).join('\n')}\n`);
    this.#drawn = lines.length;
  }

  /** What is shown of one moment. */
  lines(progress: Progress, now: number): readonly string[] {
    const number = (value: number) => Math.round(value).toLocaleString('en-US');
    const elapsed = now - this.#last.at;
    if (elapsed >= 500 || this.#last.rate === 0) {
      this.#last = { at: now, rows: progress.rowsIn, rate: elapsed > 0 ? ((progress.rowsIn - this.#last.rows) / elapsed) * 1000 : 0 };
    }
    const feeds = progress.feeds.map(({ name, rows, ended }) => `${name} ${number(rows)} rows${ended ? ', ended' : ''}`);
    return [
      `${this.#name}  ${((now - this.#started) / 1000).toFixed(1)} s  ${number(progress.rowsIn)} rows  ${number(this.#last.rate)} rows/s  lag ${number(progress.lag)}`,
      ...this.#more(this.#terminal ? process.stdout.columns || 80 : 0),
      ...(feeds.length > 0 ? [`feeds: ${feeds.join('; ')}`] : []),
      ...(progress.rowsRejected > 0 ? [`rejected ${number(progress.rowsRejected)}`] : []),
      ...trainingLines(progress.steps),
      ...progress.scores.map(
        ({ name, metric, model, baseline, ratio, n }) =>
          `${name} ${metric} ${model.toFixed(2)} against ${baseline.toFixed(2)} (${ratio.toFixed(3)} of the baseline, ${number(n)} labels)`,
      ),
    ];
  }
}

/** Shows the progress of a run until it is done; what is printed afterwards finds a clean terminal, also after a failure. */
export async function showRun(title: string, running: Run, more?: MoreLines): Promise<RunSummary> {
  const display = new ProgressDisplay(title, () => running.progress(), undefined, more);
  display.start();
  try {
    return await running.done;
  } finally {
    display.stop();
  }
}
