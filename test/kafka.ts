import { execFile, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Names the folder through which the test files of one run share a broker. */
export const SHARED_STATE_VARIABLE = 'MILLRACE_TEST_STATE';

const SCRIPT = fileURLToPath(new URL('../scripts/kafka-broker', import.meta.url));
const IMAGE = 'apache/kafka:4.4.0';

const succeeds = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore', timeout: 10_000 }).status === 0;

/** True when scripts/kafka-broker can run: it needs Java, and Maven for the jars. */
export const canStartBroker = (): boolean => succeeds('java', '-version') && succeeds('mvn', '--version');

const canRunContainer = (): boolean => succeeds('docker', 'info');

/** Whether tests can have a broker at all: one that is given, or one that this machine can start. */
export const canHaveKafka = (): boolean => Boolean(process.env.KAFKA_BROKERS) || canStartBroker() || canRunContainer();

function tryListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/** Below the ports that systems give to outgoing connections: while a killed broker is away, a client that tries to reach it could otherwise be given the broker's own port. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;

/** A port that is free together with the next one, which the broker's controller takes. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await tryListen(FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT)));
    if (port !== undefined && (await tryListen(port + 1)) !== undefined) return port;
  }
}

/** A broker process with a data folder of its own, for tests that kill it, or that need TLS or SASL. */
export class BrokerProcess {
  readonly port: number;
  readonly folder: string;
  private readonly environment: Readonly<Record<string, string>>;

  /** @param environment settings of scripts/kafka-broker, such as KAFKA_SASL_PORT */
  constructor(port: number, folder: string, environment: Readonly<Record<string, string>> = {}) {
    this.port = port;
    this.folder = folder;
    this.environment = environment;
  }

  /** Makes one on a free port; call `start` next. */
  static async create(environment: Readonly<Record<string, string>> = {}): Promise<BrokerProcess> {
    return new BrokerProcess(await freePort(), mkdtempSync(join(tmpdir(), 'millrace-kafka-')), environment);
  }

  get brokers(): string[] {
    return [`127.0.0.1:${this.port}`];
  }

  /** Starts the broker, or starts it again on the data that it had; returns when it accepts clients. */
  start(): void {
    const { status, stderr } = this.run('start');
    if (status !== 0) throw new Error(`the Kafka broker did not start: ${stderr}`);
  }

  /** As `start`, while other brokers start beside it. */
  async started(): Promise<void> {
    await promisify(execFile)(SCRIPT, ['start'], { env: this.settings });
  }

  /** Ends the broker as a power cut would. */
  kill(): void {
    process.kill(Number(readFileSync(join(this.folder, 'broker.pid'), 'utf8')), 'SIGKILL');
  }

  stop(): void {
    this.run('stop');
  }

  /** Stops the broker and deletes its data. */
  wipe(): void {
    this.run('stop');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private run(command: string): SpawnSyncReturns<string> {
    return spawnSync(SCRIPT, [command], { env: this.settings, encoding: 'utf8' });
  }

  private get settings(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.environment, KAFKA_PORT: String(this.port), KAFKA_DATA: this.folder };
  }
}

function startContainer(port: number, name: string): void {
  const settings = [
    'KAFKA_NODE_ID=1',
    'KAFKA_PROCESS_ROLES=broker,controller',
    `KAFKA_LISTENERS=PLAINTEXT://:${port},CONTROLLER://:${port + 1}`,
    `KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:${port}`,
    'KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER',
    'KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    `KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:${port + 1}`,
    'KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1',
    'KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR=1',
    'KAFKA_TRANSACTION_STATE_LOG_MIN_ISR=1',
    'KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS=0',
    'KAFKA_AUTO_CREATE_TOPICS_ENABLE=false',
    'KAFKA_MESSAGE_MAX_BYTES=67108864',
  ].flatMap((setting) => ['-e', setting]);
  const args = ['run', '--rm', '-d', '--name', name, '-p', `127.0.0.1:${port}:${port}`, ...settings, IMAGE];
  const { status, stderr } = spawnSync('docker', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`docker could not run ${IMAGE}: ${stderr}`);
}

async function startShared(folder: string): Promise<string> {
  const port = await freePort();
  if (canStartBroker()) {
    new BrokerProcess(port, join(folder, 'kafka')).start();
  } else {
    const name = `millrace-test-${port}`;
    writeFileSync(join(folder, 'container'), name);
    startContainer(port, name);
  }
  return `127.0.0.1:${port}`;
}

/**
 * The brokers that all test files of a run share: those of KAFKA_BROKERS, else one that the first caller starts (Java and Maven,
 * else Docker). It is stopped and deleted when the run ends.
 */
export async function sharedBrokers(): Promise<string[]> {
  if (process.env.KAFKA_BROKERS) return process.env.KAFKA_BROKERS.split(',');
  const folder = process.env[SHARED_STATE_VARIABLE];
  if (folder === undefined)
    throw new Error('test/require-setup.ts has not run: start tests with vitest and the vitest.config.ts of this repository');
  const outcome = join(folder, 'outcome');
  // Of all files that come here at once, the one that makes the folder starts the broker; the others wait for what it reports.
  let first = true;
  try {
    mkdirSync(join(folder, 'starting'));
  } catch {
    first = false;
  }
  if (first) {
    const result = await startShared(folder).then(
      (address) => ({ address }),
      (error: unknown) => ({ failure: String(error) }),
    );
    writeFileSync(`${outcome}.part`, JSON.stringify(result));
    renameSync(`${outcome}.part`, outcome);
  }
  while (!existsSync(outcome)) await sleep(50);
  const { address, failure } = JSON.parse(readFileSync(outcome, 'utf8')) as { address?: string; failure?: string };
  if (address === undefined) throw new Error(failure);
  return [address];
}

/** Ends the broker that {@link sharedBrokers} started, if it did. */
export function stopSharedBroker(folder: string): void {
  if (existsSync(join(folder, 'kafka'))) new BrokerProcess(0, join(folder, 'kafka')).wipe();
  if (existsSync(join(folder, 'container'))) {
    spawnSync('docker', ['rm', '-f', readFileSync(join(folder, 'container'), 'utf8')], { stdio: 'ignore' });
  }
}
