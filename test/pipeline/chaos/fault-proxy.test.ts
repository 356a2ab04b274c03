import { afterAll, beforeAll, expect, test } from 'vitest';
import { start } from '../../../pipeline/index.ts';
import { type BrokerProcess, freePort } from '../../kafka.ts';
import { API_NAMES, FaultProxy, PROXY_FAULTS } from '../../proxy/fault-proxy.ts';
import { describeWith } from '../../require.ts';
import { chaosPipeline } from './chaos-pipeline.ts';
import { CHAOS_TASK, differencesOnBroker, impatientKafka, publishInput, undisturbedOutcome } from './chaos-run.ts';

describeWith('broker', 'a broker that fails in the middle of requests', (brokers) => {
  let broker: BrokerProcess;
  let proxy: FaultProxy;

  beforeAll(async () => {
    const front = await freePort();
    broker = await brokers.start({ KAFKA_SETTINGS: `advertised.listeners=PLAINTEXT://127.0.0.1:${front}` });
    proxy = await FaultProxy.start(front, broker.port);
  });
  afterAll(() => proxy?.stop());

  const rows = 3000;

  test.each(API_NAMES)(
    'refused, cut off, swallowed, or answered with an error: after %s every row is there exactly once',
    { timeout: 60_000 },
    async (api) => {
      const name = `chaos-${api}`.toLowerCase();
      const expected = await undisturbedOutcome(name, rows);
      const input = impatientKafka(proxy.port);
      await publishInput(input, name, rows);
      await input.close();
      // InitProducerId comes when the task opens, and again at once when it fails; all others in every epoch.
      proxy.arm(...PROXY_FAULTS.map((kind) => ({ api, kind, skip: api === 'InitProducerId' ? 0 : 2 })));
      const home = impatientKafka(proxy.port);
      const retries: string[] = [];
      const onRetry = (error: { describe(): string }) => retries.push(error.describe());
      const summary = await start(chaosPipeline(name), { home, drain: true, task: CHAOS_TASK, onRetry }).done;
      await home.close();
      expect(proxy.waiting, retries.join('\n')).toEqual([]);
      expect(summary).toMatchObject({ rowsIn: rows, ended: true });
      expect(await differencesOnBroker(proxy.port, name, expected), retries.join('\n')).toEqual([]);
    },
  );
});
