import { afterAll, beforeAll, describe, test } from 'vitest';
import { Browser, findBrowser } from './browser.ts';
import { BrokerProcess, canHaveKafka, canStartBroker, sharedBrokers } from './kafka.ts';

/** A broker that all tests share: name topics and groups uniquely. */
export interface Kafka {
  /** host:port of each broker; known once the tests run, not while they are registered. */
  readonly brokers: string[];
}

/** Makes brokers of the test's own, which it may kill; they are deleted after its last test. */
export interface BrokerFactory {
  /** Starts one; `environment` are settings of scripts/kafka-broker, such as KAFKA_SASL_PORT. */
  start(environment?: Readonly<Record<string, string>>): Promise<BrokerProcess>;
}

/** What a test can need and a machine can lack. */
export interface Resources {
  readonly kafka: Kafka;
  readonly broker: BrokerFactory;
  readonly browser: Browser;
}

interface Provider<R> {
  /** Which word in MILLRACE_REQUIRE turns its absence into a failure. */
  readonly requiredBy: string;
  readonly remedy: string;
  isPresent(): boolean;
  /** Called while a describe block is registered: returns the resource and hooks its start and end to the block. */
  provide(): R;
}

/** The first start may have to fetch Kafka's jars. */
const START_TIMEOUT = 600_000;

function provideKafka(): Kafka {
  let brokers: string[] | undefined;
  beforeAll(async () => {
    brokers = await sharedBrokers();
  }, START_TIMEOUT);
  return {
    get brokers() {
      if (brokers === undefined) throw new Error('kafka.brokers is known inside tests and hooks only');
      return brokers;
    },
  };
}

function provideBrokers(): BrokerFactory {
  const started: BrokerProcess[] = [];
  afterAll(() => {
    for (const broker of started) broker.wipe();
  });
  return {
    async start(environment) {
      const broker = await BrokerProcess.create(environment);
      started.push(broker);
      broker.start();
      return broker;
    },
  };
}

function provideBrowser(): Browser {
  const browser = new Browser();
  beforeAll(() => browser.start());
  afterAll(() => browser.stop());
  return browser;
}

const PROVIDERS: { readonly [R in keyof Resources]: Provider<Resources[R]> } = {
  kafka: {
    requiredBy: 'kafka',
    remedy: 'needs kafka: set KAFKA_BROKERS, or install java and mvn',
    isPresent: canHaveKafka,
    provide: provideKafka,
  },
  broker: {
    requiredBy: 'kafka',
    remedy: 'needs a kafka broker of its own: install java and mvn',
    isPresent: canStartBroker,
    provide: provideBrokers,
  },
  browser: {
    requiredBy: 'browser',
    remedy: 'needs browser: install chromium, or set CHROMIUM to its command',
    isPresent: () => findBrowser() !== undefined,
    provide: provideBrowser,
  },
};

/** True when MILLRACE_REQUIRE names the resource, as in `MILLRACE_REQUIRE=kafka,browser`. */
const isRequired = (name: string): boolean => (process.env.MILLRACE_REQUIRE ?? '').split(',').includes(name);

/**
 * Describes tests that need something which not every machine has. Where it is missing, one skipped test stands for them and
 * says what to do; where MILLRACE_REQUIRE lists it, that test fails.
 *
 * @example
 * describeWith('kafka', 'a Kafka sink', (kafka) => {
 *   test('writes', async () => connect(kafka.brokers));
 * });
 */
export function describeWith<R extends keyof Resources>(resource: R, name: string, suite: (resource: Resources[R]) => void): void {
  const provider: Provider<Resources[R]> = PROVIDERS[resource];
  if (provider.isPresent()) {
    describe(name, () => suite(provider.provide()));
  } else if (isRequired(provider.requiredBy)) {
    test(`required: ${name} (${provider.remedy})`, () => {
      throw new Error(`MILLRACE_REQUIRE asks for it, but it is missing: ${provider.remedy}`);
    });
  } else {
    test(`skipped: ${name} (${provider.remedy})`, { skip: true }, () => {});
  }
}
