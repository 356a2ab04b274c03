import { describe, expect, test } from 'vitest';
import { simulate } from '../../../pipeline/testing.ts';
import { type Simulated, simulatedPipelines, stateless, windows } from './simulated-pipelines.ts';

/** The long form is `npm run chaos -- --simulate 1000`. */
const SEEDS = 20;
const KINDS = ['kill-before', 'kill-after', 'refuse', 'lose', 'move', 'seize', 'delay', 'cut', 'reorder'] as const;

describe('simulated faults', () => {
  test.each(Object.entries(simulatedPipelines))(`leave no trace in ${SEEDS} runs of: %s`, { timeout: 60_000 }, async (_name, make) => {
    const { pipeline, inputs } = make();
    const report = await simulate(pipeline, { inputs, seeds: SEEDS });
    expect(report.runs).toBe(SEEDS);
    for (const kind of KINDS) expect(report.faults[kind], kind).toBeGreaterThan(0);
  });

  test.each(Object.entries(simulatedPipelines))(
    'a death before and after each request leaves no trace in: %s',
    { timeout: 60_000 },
    async (_name, make) => {
      const { pipeline, inputs } = make();
      const report = await simulate(pipeline, { inputs, sweep: true });
      expect(report.points).toBeGreaterThan(15);
      expect(report.runs).toBe(2 * report.points);
      expect(report.faults).toEqual({ 'kill-before': report.points, 'kill-after': report.points });
    },
  );

  test('come the same for the same seed', async () => {
    const run = async ({ pipeline, inputs }: Simulated, seed: number) => (await simulate(pipeline, { inputs, seeds: 3, seed })).faults;
    expect(await run(windows(), 5)).toEqual(await run(windows(), 5));
    expect(await run(windows(), 5)).not.toEqual(await run(windows(), 50));
  });

  test('are refused in one line when they are none', async () => {
    const { pipeline, inputs } = stateless();
    await expect(simulate(pipeline, { inputs, faults: 'kill-after@3 explode@4' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: "'explode@4' is no fault",
    });
    await expect(simulate(pipeline, { inputs, seeds: 0 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  test('are not needed for a pipeline that fails by itself: its own error is thrown', async () => {
    const { pipeline } = stateless();
    await expect(simulate(pipeline, { inputs: { events: [] } })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
