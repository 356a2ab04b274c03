import { describe, expect, test } from 'vitest';
import type { LearnOptions, ScoreColumns } from '../../../models/index.ts';
import type { StreamBatch } from '../../../streams/index.ts';
import { columnsOf, OperatorRun, reslice, rowsOf } from '../../contract/run-operator.ts';
import { type Hours, hours } from './hours.ts';
import { learnHours, stream } from './learn-hours.ts';

describe('scores of learn', () => {
  const collect = (options: Partial<LearnOptions<Hours>>, size: number) => {
    const batches: StreamBatch<ScoreColumns>[] = [];
    let completed = 0;
    const scores = { next: (batch: StreamBatch<ScoreColumns>) => batches.push(batch), complete: () => completed++ };
    const run = new OperatorRun(() => learnHours({ ...options, scores }));
    run.push(...reslice(hours(stream(300)), size)).end();
    return { rows: batches.flatMap(rowsOf), completed, run };
  };

  test('come every so many labels and at the end, with their event time, then complete', () => {
    const { rows, completed } = collect({ scoreEvery: 40 }, 300);
    const first = columnsOf(rows).filter((row) => row.name === '+1h' && row.metric === 'MAE');
    expect(first.slice(0, -1).map((row) => row.n)).toEqual(first.slice(0, -1).map((_, i) => 40 * (i + 1)));
    expect(first.at(-1)?.n as number).toBeGreaterThan(200);
    for (const row of first) expect(row.ratio).toBe((row.model as number) / (row.baseline as number));
    expect(first.map((row) => row.at as number)).toEqual(first.map((row) => row.at as number).sort((a, b) => a - b));
    expect(completed).toBe(1);
  });

  test('are the same however the stream is cut', () => {
    const { rows } = collect({ scoreEvery: 1 }, 300);
    for (const size of [1, 7, 100]) expect(collect({ scoreEvery: 1 }, size).rows).toEqual(rows);
  });

  test('lie in the order of (ordinal, sub), as rows of a stream do', () => {
    const { rows } = collect({ scoreEvery: 1 }, 300);
    for (const [i, row] of rows.entries()) {
      const before = rows[i - 1];
      if (before === undefined) continue;
      expect(row.ordinal > before.ordinal || (row.ordinal === before.ordinal && row.sub > before.sub)).toBe(true);
    }
  });

  test('give RMSE beside MAE', () => {
    const { rows } = collect({ scoreEvery: 1000 }, 300);
    const [mae, rmse] = columnsOf(rows);
    expect([mae?.metric, rmse?.metric]).toEqual(['MAE', 'RMSE']);
    expect(rmse?.baseline as number).toBeGreaterThan(mae?.baseline as number);
  });
});
