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

const READ_BYTES = 4 * 1024 * 1024;
const decoder = new TextDecoder();

/**
 * Records that a re-run put out, to be found again among the committed ones. Other tasks may have written to the same partition in between, and the re-run may begin anywhere: so
 * its records have to occur there in their order, not next to each other.
 */
export class PublishedRows {
  readonly #places = new Map<string, OutputRecords[]>();
  count = 0;

  add(output: OutputRecords): void {
    const place = `${output.topic}/${output.partition}`;
    const outputs = this.#places.get(place);
    if (outputs === undefined) this.#places.set(place, [output]);
    else outputs.push(output);
    this.count += output.records.count;
  }

  /** The first difference of each topic and partition. */
  async differences(home: Pick<Home, 'topics'>): Promise<readonly RowDifference[]> {
    const found: RowDifference[] = [];
    for (const outputs of this.#places.values()) {
      const difference = await firstDifference(home, outputs);
      if (difference !== undefined) found.push(difference);
    }
    return found;
  }
}

async function firstDifference(home: Pick<Home, 'topics'>, outputs: readonly OutputRecords[]): Promise<RowDifference | undefined> {
  const { topic, partition } = outputs[0] as OutputRecords;
  const again = rowsOf(outputs.map(({ records }) => records));
  let wanted = again.next().value;
  let agreeing = 0;
  let after: Row | undefined;
  for await (const committed of committedRows(home, topic, partition)) {
    if (wanted === undefined) return undefined;
    if (sameRow(committed, wanted)) {
      agreeing++;
      after = undefined;
      wanted = again.next().value;
    } else after ??= committed;
  }
  if (wanted === undefined) return undefined;
  const offset = after?.records.offset[after.index];
  return { topic, partition, agreeing, again: textOf(wanted), committed: after === undefined ? undefined : textOf(after), offset };
}

function* rowsOf(blocks: readonly RecordColumns[]): Generator<Row, undefined> {
  for (const records of blocks) for (let index = 0; index < records.count; index++) yield { records, index };
  return undefined;
}

async function* committedRows({ topics }: Pick<Home, 'topics'>, topic: string, partition: number): AsyncGenerator<Row> {
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
