import type { TypeMap } from 'apache-arrow';
import type { BatchSchema } from '../../columnar/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { Decoder, Position, ReadBudget, RecordColumns, Source, SourceBatch, TopicDefinition } from '../contract/index.ts';
import { rawRecordAt, sliceRecords } from '../records/index.ts';
import type { PartitionReader } from './partition-reader.ts';
import { firstAtOrAfter, payloadBytes } from './record-slices.ts';

/** How long an idle source waits; another process's records are seen after this at the latest, ms. */
const POLL = 50;
/** Read at once when the budget allows more. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Reads one partition of a topic in a store that answers at once. A block larger than a batch is read once and handed out in slices. */
export class TopicSource<T extends TypeMap> implements Source<T> {
  readonly schema: BatchSchema<T>;
  readonly #reader: PartitionReader;
  readonly #topic: string;
  readonly #decoder: Decoder<T>;
  #rowsPerRecord: number;
  #partition = 0;
  #offset = 0;
  /** Records read and not yet handed out, from index `#next` on. */
  #records: RecordColumns | undefined;
  #next = 0;

  constructor(reader: PartitionReader, topic: TopicDefinition<T>) {
    this.schema = topic.schema;
    this.#reader = reader;
    this.#topic = topic.name;
    this.#decoder = topic.format.decoder(topic.schema);
    // A record may hold a whole batch: until one was seen, it is taken to fill any budget.
    this.#rowsPerRecord = topic.format.recordPerBatch === true ? Number.POSITIVE_INFINITY : 1;
    if (topic.startAt !== undefined && topic.startAt !== 'earliest') {
      throw new MillraceError('INVALID_OPTION', `topic '${topic.name}' cannot be begun at ${JSON.stringify(topic.startAt)} here`, {
        hint: 'only Kafka knows startAt: run with --brokers, or leave it out',
      });
    }
  }

  async open(partition: number, position: Position | undefined): Promise<void> {
    const { start, end } = this.#reader.range(this.#topic, partition);
    const offset = position?.[this.#topic] ?? start;
    if (offset < start) throw this.#lost(partition, offset, `records ${offset} to ${start - 1} have been deleted`);
    if (offset > end) throw this.#lost(partition, offset, `there is no record ${offset}: the partition ends at ${end}`);
    this.#partition = partition;
    this.#offset = offset;
    this.#records = undefined;
  }

  #lost(partition: number, offset: number, reason: string): MillraceError {
    return new MillraceError('SOURCE_FAILED', `cannot go on reading topic '${this.#topic}': ${reason}`, {
      origin: { source: this.#topic, partition, offset },
      hint: 'keep records longer, or begin anew with --fresh',
    });
  }

  async next(budget: ReadBudget): Promise<SourceBatch<T> | 'idle' | 'end'> {
    const until = budget.until?.[this.#topic] ?? Number.POSITIVE_INFINITY;
    if (this.#offset >= until) return 'idle';
    if (!this.#fill(budget)) {
      await this.#reader.appended(POLL);
      if (!this.#fill(budget)) return 'idle';
    }
    const records = this.#take(budget, until);
    return records === undefined ? 'idle' : this.#decode(records);
  }

  /** Makes sure that a record is at hand; false when there is none. */
  #fill(budget: ReadBudget): boolean {
    if (this.#records !== undefined && this.#next < this.#records.count) return true;
    const records = this.#reader.readNow(this.#topic, this.#partition, this.#offset, Math.min(budget.bytes, MOST_BYTES));
    this.#records = records;
    this.#next = 0;
    return records.count > 0;
  }

  #take(budget: ReadBudget, until: number): RecordColumns | undefined {
    const records = this.#records as RecordColumns;
    const from = this.#next;
    const to = Math.min(from + Math.max(Math.floor(budget.rows / this.#rowsPerRecord), 1), firstAtOrAfter(records, until));
    if (to <= from) {
      // Compaction has left a gap before `until`.
      this.#offset = until;
      return undefined;
    }
    this.#next = to;
    this.#offset = (records.offset[to - 1] as number) + 1;
    const slice = sliceRecords(records, from, to);
    if (to === records.count) this.#records = undefined;
    return slice;
  }

  #decode(records: RecordColumns): SourceBatch<T> {
    const source = this.#topic;
    const partition = this.#partition;
    const decoded = this.#decoder.decode(records, partition);
    this.#rowsPerRecord = Math.max(1, decoded.batch.numRows / records.count);
    return {
      batch: decoded.batch,
      source,
      partition,
      offset: offsetsOf(records, decoded.record),
      records: records.count,
      rejects: decoded.rejects.map(({ record, reason }) => ({ source, partition, record: rawRecordAt(records, record), reason })),
      position: { [source]: this.#offset },
      lag: Math.max(this.#reader.range(source, partition).end - this.#offset, 0),
      bytes: payloadBytes(records),
      rawRecord: (offset) => {
        const index = firstAtOrAfter(records, offset);
        return records.offset[index] === offset ? rawRecordAt(records, index) : undefined;
      },
    };
  }

  async close(): Promise<void> {
    this.#records = undefined;
  }
}

function offsetsOf(records: RecordColumns, rows: Int32Array): Float64Array {
  const offsets = new Float64Array(rows.length);
  for (let row = 0; row < rows.length; row++) offsets[row] = records.offset[rows[row] as number] as number;
  return offsets;
}
