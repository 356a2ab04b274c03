import { KafkaCluster } from '../../test/kafka-cluster.ts';
import { differencesOnBroker, impatientKafka, publishInput, undisturbedOutcome } from '../../test/pipeline/chaos/chaos-run.ts';
import { committedTotals, startWorker } from '../../test/pipeline/chaos/worker-process.ts';
import type { MillraceProcess } from '../../test/pipeline/crash/millrace-process.ts';
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
    const worker = startWorker(brokers, name, 150);
    const problems: string[] = [];
    let kills = 0;
    for (const { node } of nodes.map((each) => ({ node: each, at: random() })).toSorted((a, b) => a.at - b.at)) {
      if (!(await this.#advances(name, worker))) break;
      node.kill();
      kills++;
      await pause(AWAY);
      if (worker.running && !(await this.#advances(name, worker)))
        problems.push(`nothing was committed while the broker at ${node.port} was away`);
      await node.started();
      await pause(AWAY + random() * 1000);
    }
    const end = await worker.end;
    const failure = end.code === 0 ? [] : [`the worker did not survive: ${end.stderr}`];
    const differences = await differencesOnBroker(brokers, name, await undisturbedOutcome(name, ROWS));
    return {
      kind: 'Kafka, three brokers',
      faults: { 'kill -9 of one of three brokers': kills },
      differences: [...problems, ...failure, ...differences],
    };
  }

  /** Whether commits go on within twenty seconds; false when the worker is through. */
  async #advances(name: string, worker: MillraceProcess): Promise<boolean> {
    const { brokers } = this.#cluster;
    const before = await committedTotals(brokers, name);
    for (const begun = performance.now(); worker.running && performance.now() - begun < 20_000; await pause(50)) {
      if ((await committedTotals(brokers, name)) > before) return true;
    }
    return false;
  }
}
