import { expect, test } from 'vitest';
import { jsonRecords, simulate } from '../../../pipeline/testing.ts';
import { learningPipeline } from '../learning-pipeline.ts';

const events = jsonRecords(
  Array.from({ length: 240 }, (_, i) => ({ sensor: `s${i % 3}`, at: 1000 * i, value: (i * 13) % 29 })),
  { key: 'sensor', timestamp: 'at' },
);

test('simulated faults leave no trace where a network is trained beside ingestion', { timeout: 60_000 }, async () => {
  const report = await simulate(learningPipeline({ lag: 2, whenBehind: 'coalesce' }), { inputs: { events: [events] }, seeds: 12 });
  expect(report.runs).toBe(12);
  expect(report.faults['kill-after']).toBeGreaterThan(0);
});
