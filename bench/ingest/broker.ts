import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../scripts/kafka-broker', import.meta.url));
const PORT = '19192';
const ENVIRONMENT = { KAFKA_PORT: PORT, KAFKA_DATA: `/tmp/millrace-bench-kafka-${PORT}`, KAFKA_HEAP: '1g' };

function script(command: string): string {
  const { status, stdout, stderr } = spawnSync(SCRIPT, [command], { env: { ...process.env, ...ENVIRONMENT }, encoding: 'utf8' });
  if (status !== 0) throw new Error(`scripts/kafka-broker ${command}: ${stderr}`);
  return stdout.trim();
}

/** The brokers of KAFKA_BROKERS, or one of our own for as long as `use` runs. */
export async function withBroker(use: (brokers: string) => Promise<void>): Promise<void> {
  const given = process.env.KAFKA_BROKERS;
  if (given !== undefined && given !== '') return use(given);
  script('start');
  try {
    await use(`127.0.0.1:${PORT}`);
  } finally {
    script('wipe');
  }
}

/** Class path of Kafka's command-line tools, or undefined where they cannot be had. */
export function toolsClassPath(): string | undefined {
  try {
    return script('tools');
  } catch {
    return undefined;
  }
}
