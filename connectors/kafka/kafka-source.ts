import type { TypeMap } from 'apache-arrow';
import { type BatchSchema, freshArray } from '../../columnar/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { Decoder, Position, RawRecord, ReadBudget, RecordColumns, Source, SourceBatch, TopicDefinition } from '../contract/index.ts';
import { RecordWriter } from '../contract/index.ts';
import { rawRecordAt, sliceRecords } from '../records/index.ts';
import { ClusterClient } from './cluster-client.ts';
import { committedRuns, type RecordRun } from './committed-runs.ts';
import type { KafkaSettings } from './kafka-options.ts';
import { PartitionReader } from './partition-reader.ts';
import type { StartOffsets } from './start-offsets.ts';

/** Reads one partition of a topic, with a connection of its own: a broker answers the requests of one connection one after another, and a waiting fetch would hold up others. */
export class KafkaSource<T extends TypeMap> implements Source<T> {
  readonly schema: BatchSchema<T>;
  readonly #topic: string;
  readonly #decoder: Decoder<T>;
  readonly #client: ClusterClient;
  /** Offset at which a partition is begun. */
  readonly #start: (partition: number) => Promise<number>;
  #rowsPerRecord: number;
  #reader: PartitionReader | undefined;
  #runs: Iterator<RecordRun> | undefined;
  #run: RecordRun | undefined;
  #cursor = 0;
  /** Offset of the next record to hand out. */
  #next = 0;
  #stable = 0;
  /** Offset behind the last block fetched. */
  #passed = 0;

  constructor(settings: KafkaSettings, topic: TopicDefinition<T>, group: string, starts: StartOffsets) {
    this.schema = topic.schema;
    this.#topic = topic.name;
    this.#start = (partition) => starts.resolve(this.#client, group, topic.name, partition, topic.startAt ?? 'earliest');
    this.#decoder = topic.format.decoder(topic.schema);
    // A record may hold a whole batch: until one was seen, it is taken to fill any budget.
    this.#rowsPerRecord = topic.format.recordPerBatch === true ? Number.POSITIVE_INFINITY : 1;
    this.#client = new ClusterClient(settings);
  }

  async open(partition: number, position: Position | undefined, bytes?: number): Promise<void> {
    const offset = position?.[this.#topic] ?? (await this.#start(partition));
    this.#next = offset;
    this.#reader = new PartitionReader(this.#client, this.#topic, partition, offset);
    if (bytes !== undefined) this.#reader.aheadBytes = bytes;
    this.#reader.prefetch();
  }

  async next(budget: ReadBudget): Promise<SourceBatch<T> | 'idle'> {
    const until = budget.until?.[this.#topic] ?? Number.POSITIVE_INFINITY;
    if (this.#next >= until) return 'idle';
    this.#opened().aheadBytes = budget.bytes;
    this.#opened().patient = budget.drain !== true;
    const run = await this.#currentRun();
    if (run === undefined) return this.#passMarkers(until);
    const to = this.#endOf(run.records, budget, until);
    if (to === this.#cursor) return 'idle';
    const records = sliceRecords(run.records, this.#cursor, to);
    this.#cursor = to;
    this.#next = Math.min(await this.#offsetBehind(run, until), until);
    return this.#batch(records, this.#opened().partition);
  }

  /** Markers and aborted records at the end of the topic are behind us too: a batch without records tells it, so that a reader knows when it has read everything. */
  #passMarkers(until: number): SourceBatch<T> | 'idle' {
    const to = Math.min(this.#passed, until);
    if (to <= this.#next) return 'idle';
    this.#next = to;
    return this.#batch(NO_RECORDS, this.#opened().partition);
  }

  /**
   * Offset of the next record: offsets without one (markers, records compacted away) are behind us too. A re-run must arrive exactly at `until`, so it looks whether only such
   * offsets are left before it.
   */
  async #offsetBehind(run: RecordRun, until: number): Promise<number> {
    const next = run.records.offset[this.#cursor];
    if (next !== undefined) return next;
    if (until === Number.POSITIVE_INFINITY || run.next >= until) return run.next;
    const following = await this.#currentRun();
    return following === undefined ? this.#opened().offset : (following.records.offset[0] as number);
  }

  async close(): Promise<void> {
    this.#runs = undefined;
    this.#run = undefined;
    await this.#client.close().catch(() => {});
    await this.#reader?.settle();
  }

  /** A run with records left, from the block at hand or the next one. */
  async #currentRun(): Promise<RecordRun | undefined> {
    for (;;) {
      if (this.#run !== undefined && this.#cursor < this.#run.records.count) return this.#run;
      const next = this.#nextRun();
      if (next !== undefined) {
        // Empty when the records of its batches were compacted away.
        this.#run = next;
        this.#cursor = 0;
        continue;
      }
      const reader = this.#opened();
      const block = await reader.next();
      // At the end of a partition that nobody adds to, a fetch under way would only hold up the source's close.
      if (block !== undefined || reader.patient) reader.prefetch();
      if (block === undefined) return undefined;
      this.#runs = committedRuns(block);
      this.#stable = block.stable;
      this.#passed = block.next;
    }
  }

  #nextRun(): RecordRun | undefined {
    try {
      const result = this.#runs?.next();
      if (result === undefined || result.done === true) return undefined;
      return result.value;
    } catch (thrown) {
      const { partition } = this.#opened();
      throw MillraceError.from(thrown, 'DECODE_FAILED', {
        origin: { source: this.#topic, partition, offset: this.#next },
        hint: 'the bytes were damaged on the way or on the broker; reading them again may help',
        retry: 'backoff',
      });
    }
  }

  #opened(): PartitionReader {
    if (this.#reader === undefined) throw new MillraceError('INTERNAL', `the source of topic '${this.#topic}' was not opened`);
    return this.#reader;
  }

  /** Index behind the last record of the batch: within the budget, but at least one, and none at or beyond `until`. */
  #endOf(records: RecordColumns, budget: ReadBudget, until: number): number {
    const most = Math.min(records.count, this.#cursor + Math.max(Math.floor(budget.rows / this.#rowsPerRecord), 1));
    if (spanOf(records, this.#cursor, most) <= budget.bytes && (records.offset[most - 1] as number) < until) return most;
    let bytes = 0;
    let to = this.#cursor;
    while (to < most && (records.offset[to] as number) < until) {
      bytes += recordBytes(records, to);
      if (bytes > budget.bytes && to > this.#cursor) break;
      to++;
    }
    return to;
  }

  #batch(records: RecordColumns, partition: number): SourceBatch<T> {
    const source = this.#topic;
    const rows = this.#decoder.decode(records, partition);
    if (records.count > 0) this.#rowsPerRecord = Math.max(1, rows.batch.numRows / records.count);
    return {
      batch: rows.batch,
      source,
      partition,
      offset: offsetsOf(rows.record, records),
      records: records.count,
      rejects: rows.rejects.map(({ record, reason }) => ({ source, partition, record: rawRecordAt(records, record), reason })),
      position: { [source]: this.#next },
      lag: Math.max(0, this.#stable - this.#next),
      bytes: spanOf(records, 0, records.count),
      rawRecord: (offset) => recordAtOffset(records, offset),
    };
  }
}

/** Per row: offset of its record. */
function offsetsOf(record: Int32Array, records: RecordColumns): Float64Array {
  if (record.length === records.count) return records.offset;
  const offsets = freshArray(Float64Array, record.length);
  for (let row = 0; row < record.length; row++) offsets[row] = records.offset[record[row] as number] as number;
  return offsets;
}

const NO_RECORDS = new RecordWriter().finish();

const recordBytes = (records: RecordColumns, index: number): number =>
  Math.max(records.valueLength[index] as number, 0) +
  Math.max(records.keyLength[index] as number, 0) +
  (records.headersLength[index] as number);

/** Bytes that records `from` to `to` take where they stand, which is no less than what they hold. */
function spanOf({ keyStart, headersStart, headersLength }: RecordColumns, from: number, to: number): number {
  if (to <= from) return 0;
  return (headersStart[to - 1] as number) + (headersLength[to - 1] as number) - (keyStart[from] as number);
}

/** Offsets ascend but may have gaps, so the record is searched for by halves. */
function recordAtOffset(records: RecordColumns, offset: number): RawRecord | undefined {
  let low = 0;
  let high = records.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records.offset[middle] as number) < offset) low = middle + 1;
    else high = middle;
  }
  return low < records.count && records.offset[low] === offset ? rawRecordAt(records, low) : undefined;
}
