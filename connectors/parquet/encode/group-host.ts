import { writeSync } from 'node:fs';
import { moveRowGroup } from '../format/row-group-file.ts';
import { writeThrift } from '../format/thrift-writer.ts';
import { FileOutput } from './file-output.ts';
import { FlatGroups, type GroupEncoding } from './flat-group.ts';
import { type LibraryRows, libraryGroup } from './library-group.ts';
import type { ColumnPlan, PackedRows } from './packed-rows.ts';

/** Rows to write as a row group: flat columns by our encoder, others by the library. */
export type GroupRows =
  | { readonly flat: PackedRows; readonly plans: readonly ColumnPlan[]; readonly encoding: GroupEncoding }
  | { readonly library: LibraryRows };

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
  /** Of the library's: the footer that it came with. */
  readonly footer?: Uint8Array;
  /** The memory of the rows, to be used again. */
  readonly memory?: ArrayBuffer;
}

/** Encodes row groups and writes them. Runs in the encoding thread, or in the caller's. */
export class GroupHost {
  #flat: FlatGroups | undefined;
  readonly #output = new FileOutput();
  /** Where the newest group of each file ends. */
  readonly #ends = new Map<number, number>();

  write({ file, position, rows }: GroupRequest): WrittenGroup {
    const start = position ?? this.#ends.get(file) ?? 0;
    const written = 'flat' in rows ? this.#writeFlat(file, start, rows) : this.#writeLibrary(file, start, rows.library);
    this.#ends.set(file, start + written.bytes);
    return written;
  }

  #writeFlat(file: number, start: number, { flat, plans, encoding }: Extract<GroupRows, { flat: PackedRows }>): WrittenGroup {
    this.#flat ??= new FlatGroups();
    this.#output.begin(file, start);
    const group = this.#flat.encode(flat, plans, encoding, start, (bytes) => this.#output.append(bytes));
    return { bytes: this.#output.finish() - start, group: writeThrift(group), memory: flat.memory };
  }

  #writeLibrary(file: number, start: number, rows: LibraryRows): WrittenGroup {
    const { bytes, group, footer } = libraryGroup(rows);
    if (rows.rows > 0) writeSync(file, bytes, 0, bytes.length, start);
    return { bytes: bytes.length, group: writeThrift(moveRowGroup(group, () => start)), footer: writeThrift(footer) };
  }
}
