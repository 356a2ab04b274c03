import { SpareMemory, type TypeMap } from '../columnar/index.ts';
import type { OutputRecords, Sink, TopicDefinition } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import type { Output, Pipeline } from './definition.ts';
import type { SinkInlet } from './graph.ts';
import { Published } from './published.ts';
import { type OnPublish, TopicOutput } from './topic-output.ts';

/**
 * The sinks of one task. Rows for topics are encoded and kept until the home store commits them; other sinks prepare before the commit record is written and commit after it.
 */
export class TaskSinks {
  readonly #topics = new Map<string, TopicOutput>();
  readonly #others = new Map<string, Sink<TypeMap>>();
  #writes: Promise<void>[] = [];
  /** What went to topics since the newest snapshot. */
  readonly published = new Published();
  readonly #onPublish: OnPublish | undefined;
  readonly #memory = new SpareMemory();
  #muted = false;
  /** Rows that reached each sink since the last `takeCounts`. */
  #counts = new Map<string, number>();

  constructor(pipeline: Pipeline, task: number, partitions: ReadonlyMap<string, number>, onPublish?: OnPublish) {
    this.#onPublish = onPublish;
    for (const [name, sink] of Object.entries<Output>(pipeline.sinks)) {
      if (sink.kind === 'topic') this.#topics.set(name, this.#topicOutput(sink, partitions.get(sink.name) ?? 1, task));
      else this.#others.set(name, sink.create());
    }
  }

  #topicOutput(topic: TopicDefinition<TypeMap>, partitions: number, task: number): TopicOutput {
    return new TopicOutput(topic, { partitions, task, published: this.published, onPublish: this.#onPublish, memory: this.#memory });
  }

  /** While a re-run repeats committed epochs, rows are counted and compared, not written. */
  set muted(muted: boolean) {
    this.#muted = muted;
    for (const topic of this.#topics.values()) topic.muted = muted;
  }

  /** Where the graph's results go, by sink. */
  inlets(): ReadonlyMap<string, SinkInlet> {
    return new Map([...this.#topics.keys(), ...this.#others.keys()].map((name) => [name, (batch) => this.#write(name, batch)]));
  }

  #write(name: string, batch: Parameters<SinkInlet>[0]): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + batch.batch.numRows);
    try {
      this.#topics.get(name)?.write(batch);
      const written = this.#muted ? undefined : this.#others.get(name)?.write(batch);
      if (written !== undefined) this.#writes.push(written);
    } catch (thrown) {
      throw MillraceError.from(thrown, 'SINK_FAILED', { step: `sink ${name}`, origin: batch.origin });
    }
  }

  /** Rows that reached each sink since the last call. */
  takeCounts(): ReadonlyMap<string, number> {
    const counts = this.#counts;
    this.#counts = new Map();
    return counts;
  }

  /** Waits for what sinks write asynchronously. */
  async settle(): Promise<void> {
    const writes = this.#writes;
    this.#writes = [];
    await Promise.all(writes);
  }

  /** Opens the sinks outside of the home store and lets them finish or drop what a crash left behind. */
  async open(task: string, epoch: number | undefined): Promise<void> {
    for (const sink of this.#others.values()) {
      await sink.open(task);
      await sink.recover(epoch);
    }
  }

  /** Makes the epoch durable outside of the home store. */
  async prepare(epoch: number): Promise<void> {
    for (const sink of this.#others.values()) await sink.prepare(epoch);
  }

  /** Whether all sinks are topics of the home. */
  get onlyTopics(): boolean {
    return this.#others.size === 0;
  }

  /** Bytes that wait for their commit. */
  get pendingBytes(): number {
    return [...this.#topics.values()].reduce((sum, topic) => sum + topic.pendingBytes, 0);
  }

  /** What the home store has to publish. */
  takeOutputs(): readonly OutputRecords[] {
    return [...this.#topics.values()].flatMap((topic) => topic.take());
  }

  /** Outputs have been committed: new ones may be written where they lie, unless others were told of them. */
  recycle(outputs: readonly OutputRecords[]): void {
    if (this.#onPublish === undefined) for (const { records } of outputs) this.#memory.give(records.bytes.buffer as ArrayBuffer);
  }

  async commit(epoch: number): Promise<void> {
    for (const sink of this.#others.values()) await sink.commit(epoch);
  }

  async close(): Promise<void> {
    for (const sink of this.#others.values()) await sink.close();
  }
}
