import type { RecordPlaces, StreamBatch } from '../../../streams/index.ts';
import type { ArchivedEnd } from '../../contract/index.ts';

/** Where a file's rows came from, as kept in a manifest. */
export interface OriginRecord {
  /** First and last ordinal: the rows' places in their task's input order. */
  readonly ordinals: readonly [number, number] | null;
  readonly sources: readonly OriginRange[];
}

/** Of one source and partition the offsets of the first and last record that the file has rows of. */
export interface OriginRange {
  readonly source: string;
  readonly partition: number;
  /** Where the records of rows are not known, the offsets at which their batches began. */
  readonly first: number | null;
  readonly last: number | null;
  /** The offset after the last archived record; null or absent where that is not known exactly. */
  readonly end?: number | null;
}

/** What a file's metadata keeps under `millrace.origin`. */
export interface OriginMetadata {
  readonly task: string;
  readonly ordinals: readonly [number, number] | null;
  readonly sources: readonly OriginRange[];
  readonly end: ArchivedEnd;
}

type Range = { -readonly [K in keyof OriginRange]: OriginRange[K] };

/** Collects where the rows of one file come from. */
export class FileOrigin {
  #ordinals: [number, number] | undefined;
  readonly #sources = new Map<string, Range>();

  constructor(record?: OriginRecord) {
    if (record === undefined) return;
    this.#ordinals = record.ordinals === null ? undefined : [...record.ordinals];
    for (const range of record.sources) this.#sources.set(`${range.partition}/${range.source}`, { ...range });
  }

  /** Notes rows of a batch with ordinals from `first` to `last`. */
  note({ origin }: Pick<StreamBatch, 'origin'>, first: number, last: number): void {
    this.#ordinals = [Math.min(first, this.#ordinals?.[0] ?? first), Math.max(last, this.#ordinals?.[1] ?? last)];
    const { records } = origin;
    if (records?.sources === undefined) this.#noteRange(origin.source, origin, [offsetOf(records, first), offsetOf(records, last)]);
    else {
      const { names, of } = records.sources;
      for (let row = rowOf(records, first); row < records.ordinal.length && (records.ordinal[row] as number) <= last; row++) {
        const offset = records.offset[row] as number;
        this.#noteRange(names[of[row] as number] as string, { partition: origin.partition, offset }, [offset, offset]);
      }
    }
  }

  #noteRange(
    source: string,
    { partition, offset }: { readonly partition: number; readonly offset?: number },
    [from, to]: readonly [number | undefined, number | undefined],
  ): void {
    const key = `${partition}/${source}`;
    const range = this.#sources.get(key) ?? { source, partition, first: null, last: null, end: null };
    this.#sources.set(key, range);
    if (offset === undefined) return;
    range.first = Math.min(from ?? offset, range.first ?? Number.POSITIVE_INFINITY);
    range.last = Math.max(to ?? offset, range.last ?? Number.NEGATIVE_INFINITY);
    // Rows of unknown records may be of any source: no end is known until its next record is.
    if (to === undefined) for (const other of this.#sources.values()) other.end = null;
    else range.end = Math.max(to + 1, range.end ?? 0);
  }

  record(): OriginRecord {
    return { ordinals: this.#ordinals ?? null, sources: [...this.#sources.values()].map((range) => ({ ...range })) };
  }

  metadata(task: string): OriginMetadata {
    const { ordinals, sources } = this.record();
    const end: Record<string, Record<number, number>> = {};
    for (const range of sources) {
      if (typeof range.end === 'number') end[range.source] = { ...end[range.source], [range.partition]: range.end };
    }
    return { task, ordinals, sources: sources.map(({ source, partition, first, last }) => ({ source, partition, first, last })), end };
  }
}

/** The offset of the record that the row with this ordinal was made of. */
function offsetOf(records: RecordPlaces | undefined, ordinal: number): number | undefined {
  if (records === undefined) return undefined;
  const row = rowOf(records, ordinal);
  return records.ordinal[row] === ordinal ? records.offset[row] : undefined;
}

/** The first row whose ordinal is at least this. */
function rowOf({ ordinal: ordinals }: RecordPlaces, ordinal: number): number {
  let low = 0;
  let high = ordinals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ordinals[middle] as number) < ordinal) low = middle + 1;
    else high = middle;
  }
  return low;
}
