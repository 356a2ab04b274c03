import { type RecordColumns, RecordWriter } from '../contract/index.ts';
import {
  type BatchHeader,
  damaged,
  decodeLegacyMessages,
  decompress,
  encodeRecordBatch,
  HEADER_SIZE,
  isLegacy,
  type LegacyMessage,
  RecordColumnsBuilder,
  readBatchHeader,
  readLegacyHeader,
  SMALLEST_RECORD,
  verifyBatch,
} from '../records/index.ts';

/** A producer's transaction that was aborted: its records from `firstOffset` on, up to its abort marker, do not count. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** The bytes of one fetch of one partition. */
export interface FetchedBlock {
  readonly bytes: Uint8Array;
  /** Offset asked for: a broker returns whole batches, so records below it may come along. */
  readonly from: number;
  /** Offset behind the last whole batch. */
  readonly next: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Offset up to which transactions are decided. */
  readonly stable: number;
}

/** Records that stand in one block of bytes, and the offset behind them and behind all markers that follow. */
export interface RecordRun {
  readonly records: RecordColumns;
  readonly next: number;
}

/** Compressed batches are unpacked in runs of about this size, not all at once. */
const UNPACKED_RUN = 8 * 1024 * 1024;

/**
 * The committed records of a fetched block, run by run: without control batches and without the batches of aborted transactions. Uncompressed batches share one run over the
 * fetched bytes; compressed ones, and messages of old formats, are unpacked some at a time.
 *
 * @throws MillraceError DECODE_FAILED when a batch fails its checksum or contradicts the layout.
 */
export function* committedRuns(block: FetchedBlock): Generator<RecordRun> {
  const batches = committedBatches(block);
  let run = new RunBuilder(block);
  for (const batch of batches) {
    if (!run.takes(batch.position, batch.header)) {
      yield run.finish(batch.header.baseOffset);
      run = new RunBuilder(block);
    }
    run.add(batch.position, batch.header);
  }
  if (run.size > 0) yield run.finish(block.next);
}

/** Whole batches of a fetch: the last may be cut off. Stops before a batch whose bytes end early. */
export function* wholeBatches(bytes: Uint8Array): Generator<{ readonly position: number; readonly header: BatchHeader }> {
  let position = 0;
  for (;;) {
    const header = isLegacy(bytes, position) ? readLegacyHeader(bytes, position) : readBatchHeader(bytes, position);
    if (header === undefined) return;
    yield { position, header };
    position = header.end;
  }
}

/**
 * A batch counts when it is no marker, and no aborted transaction of its producer is open at its place. The broker's list need not be sorted.
 * Source: Kafka's KIP-98, "Handling aborted transactions".
 */
function* committedBatches(block: FetchedBlock): Generator<{ readonly position: number; readonly header: BatchHeader }> {
  const coming = block.aborted.toSorted((one, other) => one.firstOffset - other.firstOffset);
  const open = new Set<number>();
  for (const batch of wholeBatches(block.bytes)) {
    const { header } = batch;
    if (header.lastOffset < block.from) continue;
    while (coming.length > 0 && (coming[0] as AbortedTransaction).firstOffset <= header.lastOffset) {
      open.add((coming.shift() as AbortedTransaction).producerId);
    }
    if (header.control) {
      if (isAbortMarker(block.bytes, batch.position, header)) open.delete(header.producerId);
    } else if (!header.transactional || !open.has(header.producerId)) yield batch;
  }
}

/** A control record's key is version (2 bytes) and type (2 bytes): 0 abort, 1 commit. */
function isAbortMarker(bytes: Uint8Array, position: number, header: BatchHeader): boolean {
  verifyBatch(bytes, position, header);
  const builder = new RecordColumnsBuilder();
  builder.append(bytes, position + HEADER_SIZE, header.end, header, Number.NEGATIVE_INFINITY);
  const { keyStart, keyLength } = builder.finish(bytes);
  const at = keyStart[0];
  if (at === undefined || (keyLength[0] as number) < 4) throw damaged(position, 'its control record has no type');
  return bytes[at + 2] === 0 && bytes[at + 3] === 0;
}

class RunBuilder {
  readonly #block: FetchedBlock;
  readonly #parts: { readonly header: BatchHeader; readonly bytes: Uint8Array }[] = [];
  readonly #plain: { readonly header: BatchHeader; readonly position: number }[] = [];
  #unpacked = 0;

  constructor(block: FetchedBlock) {
    this.#block = block;
  }

  get size(): number {
    return this.#parts.length + this.#plain.length;
  }

  takes(position: number, header: BatchHeader): boolean {
    if (header.codec === 0 && !isLegacy(this.#block.bytes, position)) return this.#parts.length === 0;
    return this.#plain.length === 0 && this.#unpacked < UNPACKED_RUN;
  }

  add(position: number, header: BatchHeader): void {
    const { bytes } = this.#block;
    if (isLegacy(bytes, position)) {
      for (const message of decodeLegacyMessages(bytes, position))
        this.#addPart(encodeRecordBatch(columnsOf(message), { baseOffset: message.offset }));
      return;
    }
    verifyBatch(bytes, position, header);
    if (header.codec === 0) {
      this.#plain.push({ header, position });
      return;
    }
    const start = position + HEADER_SIZE;
    const unpacked = decompress(header.codec, bytes.subarray(start, header.end), start);
    this.#parts.push({ header, bytes: unpacked });
    this.#unpacked += unpacked.length;
  }

  /** An old message, written anew as a batch of one. */
  #addPart(batch: Uint8Array): void {
    const header = readBatchHeader(batch, 0) as BatchHeader;
    const records = batch.subarray(HEADER_SIZE);
    this.#parts.push({ header, bytes: records });
    this.#unpacked += records.length;
  }

  finish(next: number): RecordRun {
    const builder = new RecordColumnsBuilder(this.#plausibleCount());
    const { bytes, from } = this.#block;
    for (const { header, position } of this.#plain) builder.append(bytes, position + HEADER_SIZE, header.end, header, from);
    if (this.#parts.length === 0) return { records: builder.finish(bytes), next };
    const joined = new Uint8Array(this.#unpacked);
    let at = 0;
    for (const part of this.#parts) {
      joined.set(part.bytes, at);
      builder.append(joined, at, at + part.bytes.length, part.header, from);
      at += part.bytes.length;
    }
    return { records: builder.finish(joined), next };
  }

  /** Records that the headers promise, as far as the bytes can hold them. */
  #plausibleCount(): number {
    let count = 0;
    for (const { header } of [...this.#plain, ...this.#parts]) count += Math.max(header.count, 0);
    return Math.floor(Math.min(count, (this.#block.bytes.length + this.#unpacked) / SMALLEST_RECORD));
  }
}

function columnsOf({ key, value, timestamp }: LegacyMessage): RecordColumns {
  const writer = new RecordWriter();
  writer.value(value);
  writer.endRecord({ key, timestamp });
  return writer.finish();
}
