import { createHash } from 'node:crypto';
import { MillraceError } from '../../streams/index.ts';
import { type RecordColumns, RecordWriter, type Snapshot } from '../contract/index.ts';
import { rawRecordAt } from '../records/index.ts';

/** Where the records of a snapshot lie: offsets `first` (inclusive) to `end` (exclusive), marked by `attempt`, since others may write between them. */
export interface SnapshotPointer {
  readonly epoch: number;
  readonly attempt: string;
  readonly first: number;
  readonly end: number;
}

/** Written last: a snapshot without it is not whole. */
interface Manifest {
  readonly version: 1;
  readonly epoch: number;
  readonly positions: Snapshot['positions'];
  readonly nextOrdinal: number;
  readonly cells: readonly { readonly id: string; readonly version: number; readonly length: number }[];
  readonly chunks: number;
  readonly sha256: string;
}

/** Below the default max.message.bytes of a topic. */
const CHUNK_BYTES = 512 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const chunkKey = (attempt: string, chunk: number) => `${attempt}/${chunk}`;
const manifestKey = (attempt: string) => `${attempt}/manifest`;

/** A snapshot as records: the bytes of its cells in chunks, then a manifest with their checksum. */
export function snapshotToRecords(snapshot: Snapshot, attempt: string, timestamp: number): RecordColumns {
  const bytes = Buffer.concat(snapshot.cells.map((cell) => cell.bytes));
  const writer = new RecordWriter();
  const write = (key: string, value: Uint8Array) => {
    writer.value(value);
    writer.endRecord({ key: encoder.encode(key), timestamp });
  };
  let chunks = 0;
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) write(chunkKey(attempt, chunks++), bytes.subarray(at, at + CHUNK_BYTES));
  const manifest: Manifest = {
    version: 1,
    epoch: snapshot.epoch,
    positions: snapshot.positions,
    nextOrdinal: snapshot.nextOrdinal,
    cells: snapshot.cells.map(({ id, version, bytes: { length } }) => ({ id, version, length })),
    chunks,
    sha256: sha256(bytes),
  };
  write(manifestKey(attempt), encoder.encode(JSON.stringify(manifest)));
  return writer.finish();
}

/**
 * Puts a snapshot together from the records between its pointer's offsets.
 *
 * @throws MillraceError STORE_DAMAGED when chunks are missing or do not match their checksum.
 */
export async function snapshotFromRecords(pointer: SnapshotPointer, runs: AsyncIterable<RecordColumns>): Promise<Snapshot> {
  const values = new Map<string, Uint8Array>();
  for await (const records of runs) {
    for (let record = 0; record < records.count; record++) {
      const { key, value } = rawRecordAt(records, record);
      if (key === null || value === null) continue;
      const name = decoder.decode(key);
      // Of snapshots that never became true there may be others.
      if (name.startsWith(`${pointer.attempt}/`)) values.set(name, value);
    }
  }
  const manifestBytes = values.get(manifestKey(pointer.attempt));
  if (manifestBytes === undefined) throw damaged(pointer, 'its manifest is gone');
  const manifest = JSON.parse(decoder.decode(manifestBytes)) as Manifest;
  const chunks = Array.from({ length: manifest.chunks }, (_, chunk) => {
    const bytes = values.get(chunkKey(pointer.attempt, chunk));
    if (bytes === undefined) throw damaged(pointer, `chunk ${chunk} of ${manifest.chunks} is gone`);
    return bytes;
  });
  return assemble(pointer, manifest, Buffer.concat(chunks));
}

function assemble(pointer: SnapshotPointer, manifest: Manifest, bytes: Buffer): Snapshot {
  if (sha256(bytes) !== manifest.sha256) throw damaged(pointer, 'its bytes do not match their SHA-256');
  let at = 0;
  const cells = manifest.cells.map(({ id, version, length }) => {
    const cell = { id, version, bytes: new Uint8Array(bytes.subarray(at, at + length)) };
    at += length;
    return cell;
  });
  return { epoch: manifest.epoch, positions: manifest.positions, nextOrdinal: manifest.nextOrdinal, cells };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const damaged = (pointer: SnapshotPointer, problem: string): MillraceError =>
  new MillraceError('STORE_DAMAGED', `the snapshot of epoch ${pointer.epoch} cannot be read: ${problem}`, {
    hint: 'records of the snapshots topic were deleted or changed; begin anew with --fresh',
  });
