import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerProcess, freePort } from './kafka.ts';

const NODES = 3;

/** Three copies of everything, of which one may be away; leaders go back to the broker that they belong to two seconds after it has come back. */
const REPLICATED = `
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
replica.lag.time.max.ms=3000
controller.quorum.election.timeout.ms=500
controller.quorum.fetch.timeout.ms=1000
auto.leader.rebalance.enable=true
leader.imbalance.check.interval.seconds=2
leader.imbalance.per.broker.percentage=0
transaction.abort.timed.out.transaction.cleanup.interval.ms=500`;

/** A cluster of three brokers on this machine, each also a controller, to kill and start again one by one. */
export class KafkaCluster {
  readonly nodes: readonly BrokerProcess[];

  private constructor(nodes: readonly BrokerProcess[]) {
    this.nodes = nodes;
  }

  /** Starts all three; they need each other, so side by side. */
  static async start(): Promise<KafkaCluster> {
    const ports: number[] = [];
    while (ports.length < NODES) {
      const port = await freePort();
      if (ports.every((other) => Math.abs(other - port) > 1)) ports.push(port);
    }
    const voters = ports.map((port, index) => `${index + 1}@127.0.0.1:${port + 1}`).join(',');
    const nodes = ports.map((port, index) => {
      const settings = `node.id=${index + 1}\ncontroller.quorum.voters=${voters}${REPLICATED}`;
      const folder = mkdtempSync(join(tmpdir(), `millrace-kafka-${index + 1}-`));
      return new BrokerProcess(port, folder, { KAFKA_SETTINGS: settings, KAFKA_HEAP: '256m' });
    });
    const cluster = new KafkaCluster(nodes);
    try {
      await Promise.all(nodes.map((node) => node.started()));
    } catch (thrown) {
      cluster.wipe();
      throw thrown;
    }
    return cluster;
  }

  get brokers(): string {
    return this.nodes.flatMap((node) => node.brokers).join(',');
  }

  wipe(): void {
    for (const node of this.nodes) node.wipe();
  }
}
