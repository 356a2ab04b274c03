import type { Origin, StreamBatch } from '../../../streams/index.ts';

/** Where a file's rows came from, as kept under `millrace.origin` in its metadata. */
export interface OriginRecord {
  /** First and last ordinal: the rows' places in their task's input order. */
  readonly ordinals: readonly [number, number] | null;
  /** Per source and partition the offsets at which its first and last batch began. */
  readonly sources: readonly OriginRange[];
}

export interface OriginRange {
  readonly source: string;
  readonly partition: number;
  readonly first: number | null;
  readonly last: number | null;
}

/** Collects where the rows of one file come from. */
export class FileOrigin {
  #ordinals: [number, number] | undefined;
  readonly #sources = new Map<string, { source: string; partition: number; first: number | null; last: number | null }>();

  constructor(record?: OriginRecord) {
    if (record === undefined) return;
    this.#ordinals = record.ordinals === null ? undefined : [...record.ordinals];
    for (const range of record.sources) this.#sources.set(`${range.partition}/${range.source}`, { ...range });
  }

  /** Notes rows of a batch with ordinals from `first` to `last`. */
  note(batch: StreamBatch, first: number, last: number): void {
    this.#ordinals = [Math.min(first, this.#ordinals?.[0] ?? first), Math.max(last, this.#ordinals?.[1] ?? last)];
    this.#noteSource(batch.origin);
  }

  #noteSource({ source, partition, offset }: Origin): void {
    const key = `${partition}/${source}`;
    const range = this.#sources.get(key) ?? { source, partition, first: null, last: null };
    this.#sources.set(key, range);
    if (offset === undefined) return;
    range.first = Math.min(offset, range.first ?? offset);
    range.last = Math.max(offset, range.last ?? offset);
  }

  record(): OriginRecord {
    return { ordinals: this.#ordinals ?? null, sources: [...this.#sources.values()].map((range) => ({ ...range })) };
  }
}
