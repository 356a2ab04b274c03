import { KafkaCluster } from '../../test/kafka-cluster.ts';
import { differencesOnBroker, impatientKafka, publishInput, undisturbedOutcome } from '../../test/pipeline/chaos/chaos-run.ts';
import { committedTotals, startWorker } from '../../test/pipeline/chaos/worker-process.ts';
import { until } from '../../test/pipeline/crash/millrace-process.ts';
import { seededRandom } from '../../test/pipeline/crash/seeded-random.ts';
import { pause, type Round } from './round.ts';

const ROWS = 30_000;
/** Longer than a broker's session, and than leaders take to go back to a broker that has returned. */
const AWAY = 3000;

/** A cluster of three brokers with three copies of everything, and the rounds that disturb it. */
export class ClusterRounds {
  readonly #cluster: KafkaCluster;
  #names = 0;

  private constructor(cluster: KafkaCluster) {
    this.#cluster = cluster;
  }

  static async start(): Promise<ClusterRounds> {
    return new ClusterRounds(await KafkaCluster.start());
  }

  stop(): void {
    this.#cluster.wipe();
  }

  /** Under one worker each broker in turn is killed -9, stays away, and comes back: leaders and coordinators move away from it, and back to it, while the worker goes on. */
  async brokers(seed: number): Promise<Round> {
    const { brokers, nodes } = this.#cluster;
    const name = `cluster-${++this.#names}`;
    const home = impatientKafka(brokers);
    await publishInput(home, name, ROWS);
    await home.close();
    const random = seededRandom(seed);
    const worker = startWorker(brokers, name, 25);
    const problems: string[] = [];
    const order = nodes.map((node) => ({ node, at: random() })).toSorted((a, b) => a.at - b.at);
    for (const { node } of order) {
      const before = await committedTotals(brokers, name);
      await until(worker, async () => (await committedTotals(brokers, name)) > before);
      node.kill();
      await pause(AWAY);
      if ((await this.#advanced(name, worker)) === false) problems.push(`nothing was committed while the broker at ${node.port} was away`);
      await node.started();
      await pause(AWAY + random() * 1000);
    }
    const last = await committedTotals(brokers, name);
    const early = last >= ROWS ? ['the input was too short: the worker was through before the brokers were'] : [];
    const end = await worker.end;
    const failure = end.code === 0 ? [] : [`the worker did not survive: ${end.stderr}`];
    const differences = await differencesOnBroker(brokers, name, await undisturbedOutcome(name, ROWS));
    return {
      kind: 'Kafka, three brokers',
      faults: { 'kill -9 of one of three brokers': nodes.length },
      differences: [...early, ...problems, ...failure, ...differences],
    };
  }

  /** Whether commits go on within ten seconds. */
  async #advanced(name: string, worker: Parameters<typeof until>[0]): Promise<boolean> {
    const { brokers } = this.#cluster;
    const before = await committedTotals(brokers, name);
    const deadline = performance.now() + 10_000;
    let now = before;
    await until(worker, async () => {
      now = await committedTotals(brokers, name);
      return now > before || performance.now() > deadline;
    });
    return now > before;
  }
}
