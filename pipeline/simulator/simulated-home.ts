import type { TypeMap } from '../../columnar/index.ts';
import type { EpochStore, Home, Position, ReadBudget, Sink, Source, SourceBatch, Topics } from '../../connectors/index.ts';
import type { Input, Output, Pipeline } from '../definition.ts';
import type { Network, SimulatedProcess } from './network.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What one process does, as its requests are sent: in the name of a task. */
export interface Caller {
  readonly network: Network;
  readonly process: SimulatedProcess;
  readonly time: VirtualTime;
  readonly task: string;
}

const ask = <R>({ network, process, task }: Caller, what: string, effect: (rows: number) => Promise<R>) =>
  network.call(process, { task, what }, effect);

/** A home whose every call is a request over the simulated network. */
export function simulatedHome(inner: Home, caller: Caller): Home {
  return {
    kind: inner.kind,
    address: inner.address,
    epochs: simulatedEpochs(inner.epochs, caller),
    topics: simulatedTopics(inner.topics, caller),
    source: (topic, group) => new SimulatedTopicSource(inner.source(topic, group), inner, topic.name, caller),
    positions: () => ask(caller, 'positions', () => inner.positions()),
    close: async () => {},
  };
}

function simulatedEpochs(inner: EpochStore, caller: Caller): EpochStore {
  const publish = inner.publish?.bind(inner);
  return {
    ...(publish === undefined ? {} : { publish: (task, outputs) => ask(caller, 'publishing', () => publish(task, outputs)) }),
    open: (task) => ask(caller, 'opening', () => inner.open(task)),
    commit: (epoch) => ask(caller, `commit ${epoch.record.epoch}`, () => inner.commit(epoch)),
    readSnapshot: (task, epoch) => ask(caller, `reading snapshot ${epoch}`, () => inner.readSnapshot(task, epoch)),
    peek: (prefix) => ask(caller, 'looking up commits', () => inner.peek(prefix)),
    forget: (task) => ask(caller, 'forgetting', () => inner.forget(task)),
    release: (task) => ask(caller, 'release', () => inner.release(task)),
  };
}

function simulatedTopics(inner: Topics, caller: Caller): Topics {
  return {
    ...inner,
    ensure: (topic, settings) => ask(caller, `creating topic ${topic}`, () => inner.ensure(topic, settings)),
    remove: (topic) => ask(caller, `deleting topic ${topic}`, () => inner.remove(topic)),
    names: () => ask(caller, 'listing topics', () => inner.names()),
    list: (topic) => ask(caller, 'listing topics', () => inner.list(topic)),
    read: (...place) => ask(caller, `reading topic ${place[0]}`, () => inner.read(...place)),
    append: (...records) => ask(caller, `appending to topic ${records[0]}`, () => inner.append(...records)),
  };
}

/** How long an idle source waits, in virtual ms. */
const POLL = 50;

/** A source behind the network. */
class SimulatedSource<T extends TypeMap> implements Source<T> {
  readonly schema: Source<T>['schema'];
  protected readonly inner: Source<T>;
  protected readonly caller: Caller;
  protected readonly what: string;

  constructor(inner: Source<T>, what: string, caller: Caller) {
    this.schema = inner.schema;
    this.inner = inner;
    this.caller = caller;
    this.what = what;
  }

  open(partition: number, position: Position | undefined): Promise<void> {
    return ask(this.caller, `opening ${this.what}`, () => this.inner.open(partition, position));
  }

  next(budget: ReadBudget): Promise<SourceBatch<T> | 'idle' | 'end'> {
    return ask(this.caller, `reading ${this.what}`, (rows) => this.inner.next({ ...budget, rows: Math.min(budget.rows, rows) }));
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

/** A topic's source: it is only asked for records that are there, since it would wait for others in real time. */
class SimulatedTopicSource<T extends TypeMap> extends SimulatedSource<T> {
  readonly #home: Home;
  readonly #topic: string;
  #partition = 0;
  #offset = 0;

  constructor(inner: Source<T>, home: Home, topic: string, caller: Caller) {
    super(inner, `topic ${topic}`, caller);
    this.#home = home;
    this.#topic = topic;
  }

  override async open(partition: number, position: Position | undefined): Promise<void> {
    await super.open(partition, position);
    this.#partition = partition;
    this.#offset = position?.[this.#topic] ?? 0;
  }

  override async next(budget: ReadBudget): Promise<SourceBatch<T> | 'idle' | 'end'> {
    const end = (await this.#home.topics.list(this.#topic)).find(({ partition }) => partition === this.#partition)?.end ?? 0;
    if (this.#offset >= Math.min(end, budget.until?.[this.#topic] ?? end)) {
      await this.caller.time.sleep(POLL);
      return 'idle';
    }
    const batch = await super.next(budget);
    if (typeof batch !== 'string') this.#offset = batch.position[this.#topic] ?? this.#offset;
    return batch;
  }
}

/** The pipeline with its own connectors behind the network, and without feeds: the simulation gives the inputs. */
export function simulatedPipeline(pipeline: Pipeline, caller: Caller): Pipeline {
  const source = (name: string, input: Input): Input =>
    input.kind !== 'source' ? input : { ...input, create: () => new SimulatedSource(input.create(), `source ${name}`, caller) };
  const sink = (name: string, output: Output): Output =>
    output.kind === 'topic' ? output : { ...output, create: () => simulatedSink(output.create(), `sink ${name}`, caller) };
  const mapped = <E>(ends: Readonly<Record<string, E>>, wrap: (name: string, end: E) => E) =>
    Object.fromEntries(Object.entries(ends).map(([name, end]) => [name, wrap(name, end)]));
  return { ...pipeline, feeds: {}, sources: mapped(pipeline.sources, source), sinks: mapped(pipeline.sinks, sink) };
}

function simulatedSink<T extends TypeMap>(inner: Sink<T>, what: string, caller: Caller): Sink<T> {
  return {
    open: (task) => ask(caller, `opening ${what}`, () => inner.open(task)),
    write: (batch) => inner.write(batch),
    prepare: (epoch) => ask(caller, `preparing ${what}`, () => inner.prepare(epoch)),
    commit: (epoch) => ask(caller, `commit to ${what}`, () => inner.commit(epoch)),
    recover: (epoch) => ask(caller, `recovery of ${what}`, () => inner.recover(epoch)),
    close: () => inner.close(),
  };
}
