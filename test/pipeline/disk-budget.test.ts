import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openHome, start } from '../../pipeline/index.ts';
import { publish, readings, totalsPipeline } from './example-pipelines.ts';

it('a run that needs more disk than its budget stops in one error, and goes on with a larger one', async () => {
  const state = mkdtempSync(join(tmpdir(), 'millrace-budget-'));
  try {
    const home = openHome({ state });
    await publish(home, 'events', readings(20_000));
    await home.close();
    const options = { state, drain: true, task: { batchRows: 500, epochRows: 500 } };
    await expect(start(totalsPipeline(), { ...options, logBytes: 1_600_000 }).done).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(/no space left for .*log\.db/),
      hint: expect.stringContaining('logBytes'),
    });
    const after = openHome({ state, readOnly: true });
    const [record] = await after.epochs.peek('totals/');
    await after.close();
    expect(record?.nextOrdinal ?? 0).toBeLessThan(20_000);
    expect(await start(totalsPipeline(), options).done).toMatchObject({ rowsIn: 20_000, ended: true });
  } finally {
    rmSync(state, { recursive: true });
  }
});
