import type { Home, RecordColumns } from '../../connectors/index.ts';
import type { Output, Pipeline } from '../definition.ts';
import { feedName } from '../feed.ts';
import { differingSteps } from '../task-state.ts';
import type { TaskSummary } from '../task-summary.ts';

/** What a pipeline has come to: everything that promise 1 is about. Two runs over the same input must have equal outcomes, however often one of them was killed. */
export interface Outcome {
  /** Committed records by `topic/partition`, in order: key, value, headers and timestamp as one line of text each. */
  readonly records: ReadonlyMap<string, readonly string[]>;
  /** Digest of the state by task and step, from the newest commit record. */
  readonly digests: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Counters and scores by task, as text; wall time is left out. */
  readonly summaries: ReadonlyMap<string, string>;
}

const READ_BYTES = 4 * 1024 * 1024;

/**
 * Reads what a pipeline has committed: the topics that it and its feeds write, its rejects, and the newest commit record of each task.
 *
 * @example
 * expect(compareOutcomes(await readOutcome(undisturbed, pipeline), await readOutcome(disturbed, pipeline))).toEqual([]);
 */
export async function readOutcome(home: Home, pipeline: Pipeline): Promise<Outcome> {
  const records = new Map<string, readonly string[]>();
  const known = await home.topics.list();
  const written = new Set(writtenTopics(pipeline));
  for (const { topic, partition, start, end } of known) {
    if (written.has(topic)) records.set(`${topic}/${partition}`, await readLines(home, topic, partition, start, end));
  }
  const names = [pipeline.name, ...Object.keys(pipeline.feeds).map((feed) => feedName(pipeline.name, feed))];
  const commits = (await Promise.all(names.map((name) => home.epochs.peek(`${name}/`)))).flat();
  return {
    records,
    digests: new Map(commits.map(({ task, digest }) => [task, digest])),
    summaries: new Map(commits.map(({ task, summary }) => [task, summaryText(summary as unknown as TaskSummary)])),
  };
}

function writtenTopics(pipeline: Pipeline): readonly string[] {
  const ends: readonly Output[] = [...Object.values(pipeline.sinks), ...Object.values(pipeline.feeds).map(({ to }) => to)];
  return [pipeline.rejects, ...ends.flatMap((end) => (end.kind === 'topic' ? [end.name] : []))];
}

function summaryText({ seconds: _, ...rest }: TaskSummary): string {
  return JSON.stringify({ ...rest, steps: Object.fromEntries(Object.entries(rest.steps).sort(([a], [b]) => (a < b ? -1 : 1))) });
}

async function readLines(home: Home, topic: string, partition: number, start: number, end: number): Promise<readonly string[]> {
  const lines: string[] = [];
  for (let offset = start; offset < end; ) {
    const block = await home.topics.read(topic, partition, offset, READ_BYTES);
    if (block.count === 0) break;
    for (let record = 0; record < block.count; record++) lines.push(recordLine(block, record));
    offset = (block.offset[block.count - 1] as number) + 1;
  }
  return lines;
}

const decoder = new TextDecoder('latin1');
const utf8 = new TextDecoder();

/** One record as text; the offset is no part of it, since aborted transactions leave gaps. */
function recordLine(records: RecordColumns, record: number): string {
  const part = (name: 'key' | 'value' | 'headers', text: TextDecoder) => {
    const start = records[`${name}Start`][record] as number;
    const length = records[`${name}Length`][record] as number;
    return length < 0 ? '-' : `${length}:${text.decode(records.bytes.subarray(start, start + length))}`;
  };
  return `${part('key', utf8)} ${part('value', utf8)} ${part('headers', decoder)} @${records.timestamp[record]}`;
}

/**
 * What differs between two outcomes, in words, the most telling first; empty when they are equal. Where several tasks write to one partition, their order among each other is free:
 * then records are compared key by key.
 */
export function compareOutcomes(expected: Outcome, found: Outcome): readonly string[] {
  const tasks = expected.digests.size;
  return [
    ...keysOf(expected.records, found.records).flatMap((place) =>
      compareRecords(place, expected.records.get(place) ?? [], found.records.get(place) ?? [], tasks > 1),
    ),
    ...keysOf(expected.digests, found.digests).flatMap((task) => compareDigests(task, expected.digests.get(task), found.digests.get(task))),
    ...keysOf(expected.summaries, found.summaries).flatMap((task) =>
      expected.summaries.get(task) === found.summaries.get(task)
        ? []
        : [`summary of task ${task} is ${found.summaries.get(task)}, not ${expected.summaries.get(task)}`],
    ),
  ];
}

const keysOf = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>) => [...new Set([...a.keys(), ...b.keys()])].sort();

function compareRecords(place: string, expected: readonly string[], found: readonly string[], byKey: boolean): readonly string[] {
  const [a, b] = byKey ? [orderedByKey(expected), orderedByKey(found)] : [expected, found];
  const length = Math.max(a.length, b.length);
  for (let index = 0; index < length; index++) {
    if (a[index] === b[index]) continue;
    const counts = a.length === b.length ? '' : ` (${b.length} records instead of ${a.length})`;
    return [`topic ${place} differs at record ${index}${counts}: ${short(b[index])}, not ${short(a[index])}`];
  }
  return [];
}

/** Records by key, in order within each; those without key have no order among each other. */
function orderedByKey(lines: readonly string[]): readonly string[] {
  const groups = Map.groupBy(lines, (line) =>
    line.startsWith('-') ? '-' : line.slice(0, line.indexOf(':') + 1 + Number.parseInt(line, 10)),
  );
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([key, group]) => (key === '-' ? group.toSorted() : group));
}

const short = (line: string | undefined) => (line === undefined ? 'nothing' : line.length > 200 ? `${line.slice(0, 200)}...` : line);

function compareDigests(
  task: string,
  expected: Outcome['digests'] extends ReadonlyMap<string, infer D> ? D | undefined : never,
  found: typeof expected,
) {
  return differingSteps(expected ?? {}, found ?? {}).map((step) => `state of step '${step}' of task ${task} differs`);
}
