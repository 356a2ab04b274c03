import type { Score, StepReport } from '../streams/index.ts';
import type { Counters } from './ledger.ts';
import type { Steps } from './steps.ts';

/** What a task has done: kept in its commit record, added up over tasks for the run's summary. */
export interface TaskSummary {
  /** Records read from the sources. */
  readonly rowsIn: number;
  /** Records and rows sent to the rejects topic. */
  readonly rowsRejected: number;
  /** Rows that a step dropped by its rule, duplicates say. */
  readonly rowsDropped: number;
  /** Predictions made. */
  readonly predictions: number;
  /** Wall time that the task has run, over all restarts, in seconds. */
  readonly seconds: number;
  readonly scores: readonly Score[];
  /** Ledger counters by step, source and sink. */
  readonly steps: Readonly<Record<string, Counters>>;
}

/** Reads counters and reports of a task's steps. */
export function taskSummary({ ledger, reports }: Steps, seconds: number): TaskSummary {
  const told = [...reports].map(([step, read]): readonly [string, StepReport] => [step, read()]);
  return {
    rowsIn: ledger.sum((counter) => counter === 'records'),
    rowsRejected: ledger.sum((counter) => counter === 'rejected'),
    rowsDropped: ledger.sum((counter) => counter.startsWith('dropped:') || counter === 'late'),
    // A step that scores itself predicts: one row out is one prediction.
    predictions: told.reduce((sum, [step, report]) => sum + (report.scores === undefined ? 0 : ledger.get(step, 'out')), 0),
    seconds,
    scores: told.flatMap(([, report]) => report.scores ?? []),
    steps: ledger.toJSON(),
  };
}

/** Adds up tasks. Scores of one name and metric are averaged by their number of labels. */
export function addSummaries(summaries: readonly TaskSummary[]): TaskSummary {
  const total = (read: (summary: TaskSummary) => number) => summaries.reduce((sum, summary) => sum + read(summary), 0);
  return {
    rowsIn: total(({ rowsIn }) => rowsIn),
    rowsRejected: total(({ rowsRejected }) => rowsRejected),
    rowsDropped: total(({ rowsDropped }) => rowsDropped),
    predictions: total(({ predictions }) => predictions),
    seconds: summaries.reduce((longest, { seconds }) => Math.max(longest, seconds), 0),
    scores: addScores(summaries.flatMap(({ scores }) => scores)),
    steps: addCounters(summaries.map(({ steps }) => steps)),
  };
}

function addScores(scores: readonly Score[]): readonly Score[] {
  const groups = Map.groupBy(scores, ({ name, metric }) => `${name} ${metric}`);
  return [...groups.values()].map((group) => {
    const n = group.reduce((sum, score) => sum + score.n, 0);
    const mean = (read: (score: Score) => number) =>
      n === 0 ? Number.NaN : group.reduce((sum, score) => sum + read(score) * score.n, 0) / n;
    const [model, baseline] = [mean((score) => score.model), mean((score) => score.baseline)];
    const { name, metric } = group[0] as Score;
    return { name, metric, model, baseline, ratio: model / baseline, n };
  });
}

function addCounters(all: readonly Readonly<Record<string, Counters>>[]): Readonly<Record<string, Counters>> {
  const sums: Record<string, Record<string, number>> = {};
  for (const [step, counters] of all.flatMap((steps) => Object.entries(steps))) {
    sums[step] ??= {};
    const sum = sums[step];
    for (const [counter, rows] of Object.entries(counters)) sum[counter] = (sum[counter] ?? 0) + rows;
  }
  return sums;
}
