import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openKafka } from '../../connectors/index.ts';
import { definePipeline, start } from '../../pipeline/index.ts';
import { publish, readings, totalsPipeline, valuesOf } from '../pipeline/example-pipelines.ts';
import { rowsIn } from '../pipeline/rows-in.ts';
import { describeWith } from '../require.ts';
import { millrace } from './command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-state-kafka-'));
afterAll(() => rmSync(folder, { recursive: true }));

describeWith('kafka', 'millrace state on Kafka', (kafka) => {
  const name = `state-${process.pid}-${Math.floor(performance.timeOrigin).toString(36)}`;
  const { sources, sinks, flow } = totalsPipeline();
  const renamed = (end: object, to: string) => ({ ...end, name: `${name}.${to}` }) as never;
  const pipeline = definePipeline({
    name,
    sources: { events: renamed(sources.events as object, 'events') },
    sinks: { totals: renamed(sinks.totals as object, 'totals') },
    flow: flow as never,
  });
  const state = (...words: string[]) => millrace('state', ...words, '--brokers', kafka.brokers.join(','));

  test('is shown, verified, exported, reset under a run, which is fenced, and imported; the next run goes on', {
    timeout: 60_000,
  }, async () => {
    const input = openKafka({ brokers: kafka.brokers });
    await publish(input, `${name}.events`, readings(30));
    const runUntil = async (rows: number) => {
      const run = start(pipeline, { brokers: kafka.brokers.join(',') });
      await rowsIn(run, rows);
      return run;
    };
    await (await runUntil(30)).stop();
    expect((await state('list', name)).stdout).toEqual([expect.stringMatching(/\/0 +epoch \d+ +snapshot \d+ +30 rows +open/)]);
    expect((await state('show', name)).stdout.join('\n')).toMatch(/runningTotal +version 1 +\d+ bytes/);
    expect(await state('verify', name)).toMatchObject({ code: 0, stdout: [expect.stringContaining('checksums and digests hold')] });
    const file = join(folder, 'state.json');
    expect(await state('export', name, file)).toMatchObject({ code: 0 });

    const run = await runUntil(30);
    expect(await state('reset', name, '--yes')).toMatchObject({ code: 0, stdout: [expect.stringContaining(`${name}/0`)] });
    await publish(input, `${name}.events`, readings(30, 30));
    await expect(run.done).rejects.toMatchObject({ code: 'FENCED' });
    expect(await valuesOf(input, `${name}.totals`)).toHaveLength(30);

    expect(await state('import', name, file)).toMatchObject({ code: 0 });
    await (await runUntil(60)).stop();
    const totals = (await valuesOf(input, `${name}.totals`)).map((text) => (JSON.parse(text) as { total: number }).total);
    expect(totals).toHaveLength(60);
    // Of 60 readings, the values 0 to 9 six times.
    expect(totals.slice(-3).reduce((sum, total) => sum + total, 0)).toBe(270);
    await input.close();
  });
});
