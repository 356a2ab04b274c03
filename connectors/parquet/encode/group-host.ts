import { moveRowGroup } from '../format/row-group-file.ts';
import { THRIFT, type ThriftStruct } from '../format/thrift-value.ts';
import { writeThrift } from '../format/thrift-writer.ts';
import { FileOutput } from './file-output.ts';
import { FlatGroups, type GroupEncoding } from './flat-group.ts';
import { type LibraryRows, libraryGroup } from './library-group.ts';
import type { ColumnPlan, PackedRows } from './packed-rows.ts';

/** Rows to write as a row group: flat columns by our encoder, others by the library. */
export interface GroupRows {
  readonly flat?: FlatRows;
  readonly library?: LibraryRows;
  /** Of all columns, in their order. */
  readonly names: readonly string[];
}

export interface FlatRows {
  readonly packed: PackedRows;
  readonly plans: readonly ColumnPlan[];
  readonly encoding: GroupEncoding;
}

/** A row group to be written to an open file. */
export interface GroupRequest {
  /** File descriptors are the process's: any thread can write to them. */
  readonly file: number;
  /** Where the group begins; absent: where the one before it in the same file ended. */
  readonly position: number | undefined;
  readonly rows: GroupRows;
}

/** A row group that was written. */
export interface WrittenGroup {
  readonly bytes: number;
  /** The group's place in the footer, as Thrift. */
  readonly group: Uint8Array;
  /** The memory of the rows, to be used again. */
  readonly memory?: ArrayBuffer;
}

/** Encodes row groups and writes them. Runs in the encoding thread, or in the caller's. */
export class GroupHost {
  #groups: FlatGroups | undefined;
  readonly #output = new FileOutput();
  /** Where the newest group of each file ends. */
  readonly #ends = new Map<number, number>();

  write({ file, position, rows }: GroupRequest): WrittenGroup {
    const start = position ?? this.#ends.get(file);
    // Where a group fails, nobody knows where the next one begins: not within what is durable.
    this.#ends.delete(file);
    if (start === undefined) throw new Error('the row group before it in its file could not be written');
    const { flat, library, names } = rows;
    this.#output.begin(file, start);
    const append = (bytes: Uint8Array) => this.#output.append(bytes);
    this.#groups ??= new FlatGroups();
    const own = flat && this.#groups.encode(flat.packed, flat.plans, flat.encoding, start, append);
    const middle = start + (own?.number(6) ?? 0);
    const theirs = library && libraryGroup(library);
    if (theirs !== undefined) append(theirs.bytes);
    const end = this.#output.finish();
    this.#ends.set(file, end);
    const moved = theirs && moveRowGroup(theirs.group, () => middle);
    const group = own !== undefined && moved !== undefined ? joined(own, moved, names) : ((own ?? moved) as ThriftStruct);
    return {
      bytes: end - start,
      group: writeThrift(group),
      ...(flat && { memory: flat.packed.memory }),
    };
  }
}

/** One row group of the columns of two, in the order of the schema. A nested column has several chunks. */
function joined(own: ThriftStruct, theirs: ThriftStruct, names: readonly string[]): ThriftStruct {
  const chunks = new Map<string, ThriftStruct[]>();
  for (const chunk of [...own.structs(1), ...theirs.structs(1)]) {
    const name = utf8.decode(chunk.struct(3)?.list(3)[0] as Uint8Array);
    chunks.set(name, [...(chunks.get(name) ?? []), chunk]);
  }
  const sum = (field: number) => (own.number(field) ?? 0) + (theirs.number(field) ?? 0);
  return own
    .copy()
    .setStructs(
      1,
      names.flatMap((name) => chunks.get(name) ?? []),
    )
    .set(2, THRIFT.i64, sum(2))
    .set(6, THRIFT.i64, sum(6));
}

const utf8 = new TextDecoder();
