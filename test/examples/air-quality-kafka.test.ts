import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Home, openKafka, openLog } from '../../connectors/index.ts';
import { compareOutcomes, type Outcome, readOutcome } from '../../pipeline/simulator/outcome.ts';
import { MillraceProcess, type ProcessEnd } from '../pipeline/crash/millrace-process.ts';
import { describeWith } from '../require.ts';

const FILE = fileURLToPath(new URL('./prefixed-slice.ts', import.meta.url));
const PREFIX = `acceptance-${process.pid}-${Math.floor(performance.timeOrigin).toString(36)}-`;

const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-slice-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWith('kafka', 'the main job on Kafka', (kafka) => {
  const log = ['--state', join(folder, 'state')];
  const broker = () => ['--brokers', kafka.brokers.join(',')];

  /** Runs the slice; beside how it ended, how long it took to leave once it had printed its summary. */
  async function run(
    home: readonly string[],
    args: readonly string[] = [],
    until = '2013-06-01',
  ): Promise<ProcessEnd & { readonly leaving: number }> {
    const env = { MILLRACE_SLICE_PREFIX: PREFIX, MILLRACE_SLICE_UNTIL: until };
    const running = new MillraceProcess(['run', FILE, ...home, ...args], { env });
    while (running.running && !/^ledger, rows by step$/m.test(running.stdout)) await new Promise((resolve) => setTimeout(resolve, 20));
    const printed = performance.now();
    const end = await running.end;
    return { ...end, leaving: performance.now() - printed };
  }

  async function outcomeOf(open: () => Home): Promise<Outcome> {
    process.env.MILLRACE_SLICE_PREFIX = PREFIX;
    const { pipeline } = await import('./prefixed-slice.ts');
    const home = open();
    try {
      return await readOutcome(home, pipeline);
    } finally {
      await home.close();
    }
  }

  const outcomeOnKafka = () => outcomeOf(() => openKafka({ brokers: kafka.brokers }));

  let expected: Outcome;

  beforeAll(async () => {
    expect(await run(log)).toMatchObject({ code: 0, stderr: '' });
    expected = await outcomeOf(() => openLog(join(folder, 'state'), { readOnly: true }));
    expect(expected.records.get(`${PREFIX}forecasts/0`)?.length).toBeGreaterThan(30_000);
  }, 120_000);

  afterAll(async () => {
    const home = openKafka({ brokers: kafka.brokers });
    for (const { topic } of await home.topics.list()) if (topic.startsWith(PREFIX)) await home.topics.remove(topic);
    await home.close();
  });

  test('publishes the same records and comes to the same state as on the embedded log, and ends', { timeout: 180_000 }, async () => {
    const end = await run(broker());
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(end.leaving).toBeLessThan(10_000);
    expect(compareOutcomes(expected, await outcomeOnKafka())).toEqual([]);
  });

  test('had ended when it is started again, publishes nothing, and leaves at once', { timeout: 60_000 }, async () => {
    const end = await run(broker());
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(end.stdout).toContain('had ended in an earlier run');
    expect(end.leaving).toBeLessThan(10_000);
    expect(compareOutcomes(expected, await outcomeOnKafka())).toEqual([]);
  });

  test('begins anew with --fresh: of the earlier run no record and no state is left', { timeout: 120_000 }, async () => {
    expect(await run(broker(), ['--fresh'], '2013-03-08')).toMatchObject({ code: 0, stderr: '' });
    const fresh = await outcomeOnKafka();
    // Six stations from midnight of March 1st in Beijing, 16 o'clock UTC, on.
    const rows = 6 * (8 + 7 * 24);
    for (const [topic, records] of [['readings', rows] as const, ['forecasts', 3 * rows] as const]) {
      const place = `${PREFIX}${topic}/0`;
      expect(fresh.records.get(place)).toHaveLength(records);
      expect(fresh.records.get(place)).toEqual(expected.records.get(place)?.slice(0, records));
    }
  });
});
