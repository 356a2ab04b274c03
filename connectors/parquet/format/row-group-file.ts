import { THRIFT, type ThriftStruct } from './thrift-value.ts';
import { writeThrift } from './thrift-writer.ts';

const MAGIC = new TextEncoder().encode('PAR1');
/** Bytes before the first column chunk of a file. */
export const HEAD_BYTES = MAGIC.length;

/** Where a column chunk lies in its file. */
export interface ChunkPlace {
  readonly start: number;
  readonly length: number;
}

/** The bytes that a column chunk takes: its dictionary page, if any, comes before its data pages. */
export function placeOfChunk(chunk: ThriftStruct): ChunkPlace {
  const data = chunk.struct(3);
  const dataPage = data?.number(9) ?? 0;
  const dictionaryPage = data?.number(11) ?? 0;
  return { start: dictionaryPage > 0 && dictionaryPage < dataPage ? dictionaryPage : dataPage, length: data?.number(7) ?? 0 };
}

/** A row group whose column chunks were moved by `distance(column)` bytes. Page indexes and Bloom filters lie elsewhere and are left out. */
export function moveRowGroup(group: ThriftStruct, distance: (column: number) => number): ThriftStruct {
  const columns = group.structs(1).map((chunk, column) => moveChunk(chunk, distance(column)));
  const moved = group.copy().setStructs(1, columns);
  moved.fields.delete(5);
  return moved;
}

function moveChunk(chunk: ThriftStruct, distance: number): ThriftStruct {
  const data = (chunk.struct(3) as ThriftStruct).copy();
  for (const field of [9, 10, 11]) {
    const offset = data.number(field);
    if (offset !== undefined) data.set(field, THRIFT.i64, offset + distance);
  }
  for (const field of [14, 15]) data.fields.delete(field);
  const moved = chunk.copy().set(2, THRIFT.i64, 0).set(3, THRIFT.struct, data);
  for (const field of [4, 5, 6, 7]) moved.fields.delete(field);
  return moved;
}

/** What ends a Parquet file: its footer, the footer's length, and the magic number. */
export function fileTail(footer: ThriftStruct): Uint8Array {
  const body = writeThrift(footer);
  const bytes = new Uint8Array(body.length + 8);
  bytes.set(body);
  new DataView(bytes.buffer).setUint32(body.length, body.length, true);
  bytes.set(MAGIC, body.length + 4);
  return bytes;
}

/** What begins a Parquet file. */
export const fileHead = (): Uint8Array => MAGIC.slice();

/** A file of its own that holds no row group: enough to learn a schema from. */
export function emptyFile(footer: ThriftStruct): Uint8Array {
  const tail = fileTail(footer.copy().setStructs(4, []).set(3, THRIFT.i64, 0));
  const bytes = new Uint8Array(HEAD_BYTES + tail.length);
  bytes.set(MAGIC);
  bytes.set(tail, HEAD_BYTES);
  return bytes;
}

/** Makes files of their own that hold one row group each, one after the other in the same memory: a result holds until the next call. */
export class RowGroupFiles {
  readonly #footer: ThriftStruct;
  readonly #read: (into: Uint8Array, position: number) => void;
  #memory = new Uint8Array(0);

  /** `read` fills bytes from the original file. */
  constructor(footer: ThriftStruct, read: (into: Uint8Array, position: number) => void) {
    this.#footer = footer;
    this.#read = read;
  }

  get footer(): ThriftStruct {
    return this.#footer;
  }

  /** The file of row group `rowGroup`: as many bytes as that has, and a footer. */
  file(rowGroup: number): Uint8Array {
    const group = this.#footer.structs(4)[rowGroup] as ThriftStruct;
    const places = group.structs(1).map(placeOfChunk);
    const starts: number[] = [];
    let end = HEAD_BYTES;
    for (const place of places) {
      starts.push(end);
      end += place.length;
    }
    const moved = moveRowGroup(group, (column) => (starts[column] as number) - (places[column] as ChunkPlace).start);
    const tail = fileTail(
      this.#footer
        .copy()
        .setStructs(4, [moved])
        .set(3, THRIFT.i64, group.number(3) ?? 0),
    );
    if (this.#memory.length < end + tail.length) this.#memory = new Uint8Array(Math.ceil((end + tail.length) * 1.1));
    const bytes = this.#memory.subarray(0, end + tail.length);
    bytes.set(MAGIC);
    for (const [start, length, column] of runsOf(places))
      this.#read(bytes.subarray(starts[column], (starts[column] as number) + length), start);
    bytes.set(tail, end);
    return bytes;
  }
}

/** Column chunks that follow one another in the original are read at once: start, length, first column. */
function runsOf(places: readonly ChunkPlace[]): [number, number, number][] {
  const runs: [number, number, number][] = [];
  for (const [column, { start, length }] of places.entries()) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === start) last[1] += length;
    else runs.push([start, length, column]);
  }
  return runs;
}
