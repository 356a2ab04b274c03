import type { RunSummary } from '../pipeline/index.ts';
import { columns } from './help.ts';
import { trainingLines } from './training-lines.ts';

/** The summary as `--summary FILE` writes it. */
export function summaryJson(summary: RunSummary): string {
  const { rowsIn, rowsRejected, rowsDropped, predictions, seconds, scores, steps } = summary;
  return `${JSON.stringify({ rowsIn, rowsRejected, rowsDropped, predictions, seconds, scores, ledger: steps }, null, 2)}\n`;
}

/** The summary as a person reads it. */
export function summaryText(summary: RunSummary): string {
  const number = (value: number) => value.toLocaleString('en-US');
  const rows: (readonly [string, string])[] = [
    ['rows in', number(summary.rowsIn)],
    ['rejected', number(summary.rowsRejected)],
    ['dropped', number(summary.rowsDropped)],
    ['predictions', number(summary.predictions)],
    ['seconds', summary.seconds.toFixed(1)],
  ];
  return [
    summary.ended ? 'ended' : 'stopped; the next run goes on from here',
    ...columns(rows),
    ...(summary.scores.length > 0 ? ['scores, model beside baseline', ...scoreLines(summary.scores)] : []),
    ...trainingLines(summary.steps),
    'ledger, rows by step',
    ...columns(
      Object.entries(summary.steps).map(([step, counters]) => [
        step,
        Object.entries(counters)
          .map(([name, rows]) => `${name} ${number(rows)}`)
          .join('  '),
      ]),
    ),
  ].join('\n');
}

/** One line per score. */
export function scoreLines(scores: RunSummary['scores']): readonly string[] {
  return columns(
    scores.map(({ name, metric, model, baseline, ratio, n }) => [
      `${name} ${metric}`,
      `${model.toFixed(3)} against ${baseline.toFixed(3)}, ratio ${ratio.toFixed(3)}, ${n.toLocaleString('en-US')} labels`,
    ]),
  );
}
