import { createHash } from 'node:crypto';
import { type Home, memoryStore, type RecordColumns } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import type { Input, Pipeline } from './definition.ts';
import { findTopics, topicsOf, withFoundTopics } from './input-topics.ts';
import { journalTopic } from './journal-spans.ts';
import { start } from './run.ts';
import { systemClock } from './system-clock.ts';
import { differingSteps } from './task-state.ts';

/** What cutting one sample in several ways gave. */
export interface ResliceResult {
  readonly rows: number;
  readonly cuts: readonly number[];
  /** Topics or steps that differ from the first cut; empty when promise 2 holds on the sample. */
  readonly differences: readonly string[];
}

const CUTS = [4096, 1, 7, 100];

/**
 * Runs a pipeline in memory on the first rows of its inputs, cut into batches of 4,096, 1, 7 and 100 rows, and compares outputs and state bit for bit.
 *
 * @throws MillraceError INVALID_PIPELINE when its inputs hold no rows to try.
 */
export async function resliceCheck(pipeline: Pipeline, home: Home, rows: number): Promise<ResliceResult> {
  const sample = await takeSample(pipeline, home, rows);
  const total = [...sample.values()].reduce((sum, blocks) => sum + blocks.reduce((count, block) => count + block.count, 0), 0);
  if (total === 0) {
    throw new MillraceError('INVALID_PIPELINE', 'the inputs hold no rows to try', {
      hint: 'run the pipeline or its feeds first, or publish some records',
    });
  }
  const runs: Outcome[] = [];
  for (const cut of CUTS) runs.push(await runCut(pipeline, sample, cut));
  const [first, ...others] = runs as [Outcome, ...Outcome[]];
  const differences = others.flatMap((other, i) =>
    compare(first, other).map((what) => `${what} (batches of ${CUTS[i + 1]} against ${CUTS[0]} rows)`),
  );
  return { rows: total, cuts: CUTS, differences };
}

type Sample = ReadonlyMap<string, readonly RecordColumns[]>;

/** The first records of partition 0 of every input topic; an empty topic that a feed fills is filled from the feed. */
async function takeSample(pipeline: Pipeline, home: Home, rows: number): Promise<Sample> {
  const sample = new Map<string, readonly RecordColumns[]>();
  const sources = Object.values<Input>(withFoundTopics(pipeline, await findTopics(home, pipeline)).sources);
  for (const source of sources.flatMap((input) => (input.kind === 'handover' ? [] : topicsOf(input)))) {
    const known = (await home.topics.list()).some((info) => info.topic === source.name && info.end > info.start);
    const from = known ? home : await feedIntoMemory(pipeline, source.name, rows);
    if (from !== undefined) sample.set(source.name, await readFirst(from, source.name, rows));
  }
  return sample;
}

async function readFirst(home: Home, topic: string, rows: number): Promise<readonly RecordColumns[]> {
  const info = (await home.topics.list(topic))[0];
  const blocks: RecordColumns[] = [];
  for (let offset = info?.start ?? 0, count = 0; info !== undefined && offset < info.end && count < rows; ) {
    const records = await home.topics.read(topic, info.partition, offset, 4 * 1024 * 1024);
    if (records.count === 0) break;
    blocks.push(firstRecords(records, rows - count));
    count += records.count;
    offset = (records.offset[records.count - 1] as number) + 1;
  }
  return blocks;
}

const firstRecords = (records: RecordColumns, count: number): RecordColumns => ({ ...records, count: Math.min(records.count, count) });

async function feedIntoMemory(pipeline: Pipeline, topic: string, rows: number): Promise<Home | undefined> {
  const feed = Object.values(pipeline.feeds).find(({ to }) => to.name === topic);
  if (feed === undefined) return undefined;
  const memory = memoryStore().open();
  const source = feed.from.create();
  await source.open(0, undefined);
  const copy: Pipeline = {
    ...pipeline,
    sources: { rows: { ...feed.from, create: () => limited(source, rows) } },
    sinks: { topic: feed.to },
    feeds: {},
    flow: ({ rows: stream }) => ({ topic: stream as NonNullable<typeof stream> }),
  };
  await start(copy, { home: memory, drain: true }).done;
  return memory;
}

/** A source that was opened before, ended after about `rows` rows. */
function limited(source: ReturnType<Extract<Input, { kind: 'source' }>['create']>, rows: number): typeof source {
  let read = 0;
  return {
    schema: source.schema,
    open: async () => {},
    close: () => source.close(),
    next: async (budget) => {
      if (read >= rows) return 'end';
      const batch = await source.next({ ...budget, rows: Math.min(budget.rows, rows - read) });
      if (typeof batch !== 'string') read += batch.batch.numRows;
      return batch;
    },
  };
}

interface Outcome {
  readonly topics: Readonly<Record<string, string>>;
  readonly digest: Readonly<Record<string, string>>;
}

async function runCut(pipeline: Pipeline, sample: Sample, batchRows: number): Promise<Outcome> {
  const home = memoryStore().open();
  for (const [topic, blocks] of sample) {
    await home.topics.ensure(topic, { partitions: 1 });
    for (const block of blocks) await home.topics.append(topic, 0, block);
  }
  await start({ ...pipeline, feeds: {} }, { home, drain: true, task: { batchRows }, clock: { ...systemClock, virtual: true } }).done;
  const topics: Record<string, string> = {};
  for (const { topic, partition, end } of await home.topics.list()) {
    if (!sample.has(topic) && topic !== journalTopic(pipeline.name))
      topics[`topic ${topic}/${partition}`] = hashRecords(await readFirst(home, topic, end));
  }
  const [record] = await home.epochs.peek(`${pipeline.name}/`);
  return { topics, digest: record?.digest ?? {} };
}

/** A hash over (key, value, headers, timestamp) of all records. */
function hashRecords(blocks: readonly RecordColumns[]): string {
  const hash = createHash('sha256');
  for (const records of blocks) {
    for (let record = 0; record < records.count; record++) {
      for (const part of ['key', 'value', 'headers'] as const) {
        const start = records[`${part}Start`][record] as number;
        const length = records[`${part}Length`][record] as number;
        hash.update(String(length)).update(records.bytes.subarray(start, start + Math.max(0, length)));
      }
      hash.update(String(records.timestamp[record]));
    }
  }
  return hash.digest('hex');
}

function compare(a: Outcome, b: Outcome): readonly string[] {
  return [...differingSteps(a.topics, b.topics), ...differingSteps(a.digest, b.digest).map((step) => `state of ${step}`)];
}
