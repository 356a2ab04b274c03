import { start } from '../../pipeline/index.ts';
import { BrokerProcess, freePort } from '../../test/kafka.ts';
import { chaosPipeline } from '../../test/pipeline/chaos/chaos-pipeline.ts';
import { CHAOS_TASK, differencesOnBroker, impatientKafka, publishInput, undisturbedOutcome } from '../../test/pipeline/chaos/chaos-run.ts';
import { committedTotals, startWorker } from '../../test/pipeline/chaos/worker-process.ts';
import { until } from '../../test/pipeline/crash/millrace-process.ts';
import { seededRandom } from '../../test/pipeline/crash/seeded-random.ts';
import { API_NAMES, FaultProxy, PROXY_FAULTS } from '../../test/proxy/fault-proxy.ts';
import { pause, type Round } from './round.ts';

const ROWS = 12_000;
const KILLS = 10;
/** Below the time that a stopped worker sleeps. */
const TRANSACTION_TIMEOUT = 3000;

/** A broker of its own, directly and through a fault proxy, and the rounds that disturb it. */
export class KafkaRounds {
  readonly #broker: BrokerProcess;
  readonly #proxied: BrokerProcess;
  readonly #proxy: FaultProxy;
  #names = 0;

  private constructor(broker: BrokerProcess, proxied: BrokerProcess, proxy: FaultProxy) {
    this.#broker = broker;
    this.#proxied = proxied;
    this.#proxy = proxy;
  }

  static async start(): Promise<KafkaRounds> {
    const cleanup = 'transaction.abort.timed.out.transaction.cleanup.interval.ms=500';
    const broker = await BrokerProcess.create({ KAFKA_SETTINGS: cleanup });
    const front = await freePort();
    const proxied = await BrokerProcess.create({ KAFKA_SETTINGS: `advertised.listeners=PLAINTEXT://127.0.0.1:${front}\n${cleanup}` });
    broker.start();
    proxied.start();
    return new KafkaRounds(broker, proxied, await FaultProxy.start(front, proxied.port));
  }

  async stop(): Promise<void> {
    await this.#proxy.stop();
    this.#broker.wipe();
    this.#proxied.wipe();
  }

  async #publish(port: number): Promise<string> {
    const name = `chaos-${++this.#names}`;
    const home = impatientKafka(port);
    await publishInput(home, name, ROWS);
    await home.close();
    return name;
  }

  /** Ten workers, each killed -9 at a random moment. */
  async workers(seed: number): Promise<Round> {
    const { port } = this.#broker;
    const name = await this.#publish(port);
    const random = seededRandom(seed);
    for (let kill = 0; kill < KILLS; kill++) {
      const worker = startWorker(port, name, 5);
      const goal = (ROWS * 0.9 * (kill + random())) / KILLS;
      await until(worker, async () => (await committedTotals(port, name)) >= goal);
      await pause(random() * 60);
      await worker.kill('SIGKILL');
    }
    return { kind: 'Kafka, workers killed', faults: { 'kill -9 of a worker': KILLS }, differences: await this.#finish(port, name) };
  }

  /** The broker killed -9 while a worker runs, which has to wait for it. */
  async broker(seed: number): Promise<Round> {
    const { port } = this.#broker;
    const name = await this.#publish(port);
    const worker = startWorker(port, name, 5);
    const goal = ROWS * (0.1 + 0.6 * seededRandom(seed)());
    await until(worker, async () => (await committedTotals(port, name)) >= goal);
    this.#broker.kill();
    await pause(200);
    this.#broker.start();
    const end = await worker.end;
    const failure = end.code === 0 ? [] : [`the worker did not survive the broker: ${end.stderr}`];
    return {
      kind: 'Kafka, broker killed',
      faults: { 'kill -9 of the broker': 1 },
      differences: [...failure, ...(await this.#finish(port, name))],
    };
  }

  /** A worker stopped for longer than its transactions may last; another takes over meanwhile, or not. */
  async zombie(seed: number): Promise<Round> {
    const { port } = this.#broker;
    const name = await this.#publish(port);
    const random = seededRandom(seed);
    const zombie = startWorker(port, name, 5, TRANSACTION_TIMEOUT);
    await until(zombie, async () => (await committedTotals(port, name)) >= ROWS * (0.1 + 0.3 * random()));
    zombie.signal('SIGSTOP');
    const replaced = random() < 0.5;
    const successor = replaced ? startWorker(port, name, 5) : undefined;
    await pause(2 * TRANSACTION_TIMEOUT);
    if (successor !== undefined) await until(successor, async () => (await committedTotals(port, name)) >= ROWS / 2);
    zombie.signal('SIGCONT');
    const end = await zombie.end;
    const fenced = end.stderr.includes('FENCED');
    const problems = replaced && !fenced ? [`the zombie was not fenced: ${end.code} ${end.stderr}`] : [];
    await successor?.end;
    const faults = { 'SIGSTOP of a worker': 1, ...(fenced ? { 'zombie fenced': 1 } : {}) };
    return { kind: 'Kafka, worker stopped', faults, differences: [...problems, ...(await this.#finish(port, name))] };
  }

  /** Every API's requests refused, cut off, swallowed and answered with errors, in one run. */
  async proxy(seed: number): Promise<Round> {
    const { port } = this.#proxy;
    const name = await this.#publish(port);
    const random = seededRandom(seed);
    this.#proxy.arm(
      ...API_NAMES.flatMap((api) =>
        PROXY_FAULTS.map((kind) => ({ api, kind, skip: api === 'InitProducerId' ? 0 : Math.floor(random() * 4) })),
      ),
    );
    const before = this.#proxy.struck.length;
    const home = impatientKafka(port);
    await start(chaosPipeline(name), { home, drain: true, task: CHAOS_TASK }).done;
    await home.close();
    const struck = this.#proxy.struck.slice(before);
    const missed = this.#proxy.waiting.map(({ api, kind }) => `${kind} of ${api} never struck`);
    const faults = Object.fromEntries(
      PROXY_FAULTS.map((kind) => [`${kind} by the proxy`, struck.filter((fault) => fault.kind === kind).length]),
    );
    return { kind: 'Kafka, fault proxy', faults, differences: [...missed, ...(await this.#compare(port, name))] };
  }

  async #finish(port: number, name: string): Promise<readonly string[]> {
    const end = await startWorker(port, name, 0).end;
    if (end.code !== 0) return [`the last worker failed: ${end.stderr}`];
    return this.#compare(port, name);
  }

  async #compare(port: number, name: string): Promise<readonly string[]> {
    return differencesOnBroker(port, name, await undisturbedOutcome(name, ROWS));
  }
}
