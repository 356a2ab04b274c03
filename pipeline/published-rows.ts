import type { Home, OutputRecords, RecordColumns } from '../connectors/index.ts';

/** A record that a re-run put out and that was not committed where it should be. */
export interface RowDifference {
  readonly topic: string;
  readonly partition: number;
  /** Records of this topic and partition that agree before it. */
  readonly agreeing: number;
  /** The value that the re-run put out, as text. */
  readonly again: string;
  /** The committed value after the last one that agrees, as text; undefined at the end. */
  readonly committed: string | undefined;
  /** Its offset. */
  readonly offset: number | undefined;
}

interface Row {
  readonly records: RecordColumns;
  readonly index: number;
}

/** One topic and partition: how far its records were compared. */
interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly committed: AsyncGenerator<Row, void>;
  /** Put out again and not compared yet. */
  waiting: RecordColumns[];
  agreeing: number;
  difference: RowDifference | undefined;
}

const READ_BYTES = 4 * 1024 * 1024;
const decoder = new TextDecoder();

/**
 * Looks for the records that a re-run puts out among the committed ones, turn by turn, so that none are kept. Other tasks may have written to the same partition in between, and the
 * re-run may begin anywhere: so its records have to occur there in their order, not next to each other.
 */
export class PublishedRows {
  readonly #home: Pick<Home, 'topics'>;
  readonly #places = new Map<string, Place>();
  count = 0;

  constructor(home: Pick<Home, 'topics'>) {
    this.#home = home;
  }

  add({ topic, partition, records }: OutputRecords): void {
    this.count += records.count;
    const name = `${topic}/${partition}`;
    const place = this.#places.get(name);
    if (place === undefined) {
      const committed = committedRows(this.#home, topic, partition);
      this.#places.set(name, { topic, partition, committed, waiting: [records], agreeing: 0, difference: undefined });
    } else if (place.difference === undefined) place.waiting.push(records);
  }

  /** Compares what was added since the last call. */
  async compare(): Promise<void> {
    for (const place of this.#places.values()) {
      const { waiting } = place;
      place.waiting = [];
      if (place.difference === undefined) await compareWaiting(place, waiting);
    }
  }

  /** The first difference of each topic and partition. */
  get differences(): readonly RowDifference[] {
    return [...this.#places.values()].flatMap(({ difference }) => (difference === undefined ? [] : [difference]));
  }
}

async function compareWaiting(place: Place, waiting: readonly RecordColumns[]): Promise<void> {
  for (const wanted of rowsOf(waiting)) {
    let after: Row | undefined;
    for (;;) {
      const { value: committed } = await place.committed.next();
      if (committed === undefined) {
        place.difference = differenceAt(place, wanted, after);
        return;
      }
      if (sameRow(committed, wanted)) break;
      after ??= committed;
    }
    place.agreeing++;
  }
}

function differenceAt({ topic, partition, agreeing }: Place, wanted: Row, after: Row | undefined): RowDifference {
  const offset = after?.records.offset[after.index];
  return { topic, partition, agreeing, again: textOf(wanted), committed: after === undefined ? undefined : textOf(after), offset };
}

function* rowsOf(blocks: readonly RecordColumns[]): Generator<Row, undefined> {
  for (const records of blocks) for (let index = 0; index < records.count; index++) yield { records, index };
  return undefined;
}

async function* committedRows({ topics }: Pick<Home, 'topics'>, topic: string, partition: number): AsyncGenerator<Row, void> {
  const info = (await topics.list(topic)).find((candidate) => candidate.partition === partition);
  for (let offset = info?.start ?? 0; info !== undefined && offset < info.end; ) {
    const records = await topics.read(topic, partition, offset, READ_BYTES);
    if (records.count === 0) return;
    yield* rowsOf([records]);
    offset = (records.offset[records.count - 1] as number) + 1;
  }
}

function sameRow(a: Row, b: Row): boolean {
  if (a.records.timestamp[a.index] !== b.records.timestamp[b.index]) return false;
  return (['value', 'key', 'headers'] as const).every((part) => samePart(partOf(a, part), partOf(b, part)));
}

const samePart = (a: Uint8Array | null, b: Uint8Array | null) => (a === null || b === null ? a === b : Buffer.compare(a, b) === 0);

function partOf({ records, index }: Row, part: 'value' | 'key' | 'headers'): Uint8Array | null {
  const length = records[`${part}Length`][index] as number;
  const start = records[`${part}Start`][index] as number;
  return length < 0 ? null : records.bytes.subarray(start, start + length);
}

function textOf(row: Row): string {
  const value = partOf(row, 'value');
  return value === null ? 'null' : decoder.decode(value);
}
