/** The bytes are no Arrow IPC stream that can be read safely. */
export class BrokenStream extends Error {
  override readonly name = 'BrokenStream';
}

/** Tables in a message's metadata, nested ones included; far more than any schema of ours needs. */
const MOST_TABLES = 20_000;
const DEEPEST = 32;

/** Kinds of messages. */
const SCHEMA = 1;
const DICTIONARY = 2;
const RECORDS = 3;

/**
 * Walks over the messages of an IPC stream and checks every length and offset that a reader would follow: metadata (Flatbuffers) inside its frame, buffers
 * inside the body, no more rows than the body has bits for. A reader without such checks loops or allocates as a hostile number tells it.
 * Source: Arrow columnar format, "IPC streaming format"; Message.fbs, Schema.fbs.
 *
 * @throws BrokenStream
 */
export function verifyStream(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let first = true;
  while (at < bytes.length) {
    const metadataLength = checkedFrame(view, at);
    if (metadataLength === 0) return;
    const metadata = new Metadata(view, at + 8, at + 8 + metadataLength);
    const bodyLength = metadata.message(first);
    first = false;
    at += 8 + metadataLength + bodyLength;
  }
  if (first) throw new BrokenStream('it has no schema');
}

/** Length of the metadata of the message at `at`; 0 for the end of the stream. */
function checkedFrame(view: DataView, at: number): number {
  if (at + 8 > view.byteLength || view.getUint32(at, true) !== 0xffffffff)
    throw new BrokenStream('a message does not begin with its marker');
  const length = view.getInt32(at + 4, true);
  if (length < 0 || length % 8 !== 0 || length > view.byteLength - at - 8) throw new BrokenStream('a message is longer than the record');
  return length;
}

/** A table: where its fields lie. */
interface Table {
  readonly at: number;
  readonly fields: number;
  readonly size: number;
}

/** The Flatbuffers metadata of one message. */
class Metadata {
  readonly #view: DataView;
  readonly #start: number;
  readonly #end: number;
  #tables = 0;

  constructor(view: DataView, start: number, end: number) {
    this.#view = view;
    this.#start = start;
    this.#end = end;
  }

  /** Checks the message; returns the length of its body. */
  message(first: boolean): number {
    const root = this.#table(this.#start + this.#unsigned(this.#start), 0);
    const kind = this.#byte(root, 1);
    const header = this.#child(root, 2, 0);
    const bodyLength = this.#long(root, 3);
    if (bodyLength < 0 || bodyLength > this.#view.byteLength - this.#end) throw new BrokenStream('a body is longer than the record');
    if (header === undefined || first !== (kind === SCHEMA)) throw new BrokenStream('the schema must come first, and once');
    this.#pairs(root, 4);
    if (kind === SCHEMA) this.#schema(header);
    else if (kind === RECORDS) this.#records(header, bodyLength);
    else if (kind === DICTIONARY) this.#records(this.#required(header, 1), bodyLength);
    else throw new BrokenStream('a message is neither schema, dictionary nor rows');
    return bodyLength;
  }

  #schema(schema: Table): void {
    this.#fields(schema, 1, 0);
    this.#pairs(schema, 2);
    this.#vector(schema, 3, 8);
  }

  #fields(parent: Table, field: number, depth: number): void {
    for (const table of this.#children(parent, field, depth)) {
      this.#text(table, 0);
      this.#child(table, 3, depth);
      const dictionary = this.#child(table, 4, depth);
      if (dictionary !== undefined) this.#child(dictionary, 1, depth);
      this.#fields(table, 5, depth + 1);
      this.#pairs(table, 6);
    }
  }

  #records(batch: Table, bodyLength: number): void {
    const rows = this.#long(batch, 0);
    // The columns that we can hold take a bit per row at the least.
    if (rows < 0 || rows > bodyLength * 8) throw new BrokenStream(`it claims ${rows} rows in ${bodyLength} bytes`);
    if (this.#child(batch, 3, 0) !== undefined) throw new BrokenStream('its body is compressed, which this version cannot read');
    for (const at of this.#structs(batch, 1)) {
      const [length, nulls] = [this.#longAt(at), this.#longAt(at + 8)];
      if (length < 0 || nulls < 0 || nulls > length || length > bodyLength * 8) throw new BrokenStream('a column has an impossible length');
    }
    for (const at of this.#structs(batch, 2)) {
      const [offset, length] = [this.#longAt(at), this.#longAt(at + 8)];
      if (offset < 0 || length < 0 || offset + length > bodyLength) throw new BrokenStream('a buffer lies outside of the body');
    }
  }

  #pairs(parent: Table, field: number): void {
    for (const pair of this.#children(parent, field, 0)) {
      this.#text(pair, 0);
      this.#text(pair, 1);
    }
  }

  #structs(parent: Table, field: number): number[] {
    const { at, count } = this.#vector(parent, field, 16);
    return Array.from({ length: count }, (_, index) => at + index * 16);
  }

  #children(parent: Table, field: number, depth: number): Table[] {
    const { at, count } = this.#vector(parent, field, 4);
    return Array.from({ length: count }, (_, index) => this.#table(at + index * 4 + this.#unsigned(at + index * 4), depth));
  }

  #child(parent: Table, field: number, depth: number): Table | undefined {
    const at = this.#at(parent, field, 4);
    return at === undefined ? undefined : this.#table(at + this.#unsigned(at), depth);
  }

  #required(parent: Table, field: number): Table {
    const child = this.#child(parent, field, 0);
    if (child === undefined) throw new BrokenStream('a message lacks a part');
    return child;
  }

  #text(parent: Table, field: number): void {
    this.#vector(parent, field, 1);
  }

  /** A vector of items of `size` bytes; an absent one is empty. */
  #vector(parent: Table, field: number, size: number): { readonly at: number; readonly count: number } {
    const at = this.#at(parent, field, 4);
    if (at === undefined) return { at: 0, count: 0 };
    const vector = at + this.#unsigned(at);
    const count = this.#unsigned(vector);
    this.#inside(vector + 4, count * size);
    return { at: vector + 4, count };
  }

  #table(at: number, depth: number): Table {
    if (++this.#tables > MOST_TABLES || depth > DEEPEST) throw new BrokenStream('its metadata has too many parts');
    this.#inside(at, 4);
    const fields = at - this.#view.getInt32(at, true);
    this.#inside(fields, 4);
    const size = this.#view.getUint16(fields, true);
    this.#inside(fields, size);
    this.#inside(at, this.#view.getUint16(fields + 2, true));
    return { at, fields, size };
  }

  /** Position of a field of at most `size` bytes; undefined where the table has its default. */
  #at(table: Table, field: number, size: number): number | undefined {
    const slot = 4 + field * 2;
    const offset = slot + 2 <= table.size ? this.#view.getUint16(table.fields + slot, true) : 0;
    if (offset === 0) return undefined;
    this.#inside(table.at + offset, size);
    return table.at + offset;
  }

  #byte(table: Table, field: number): number {
    const at = this.#at(table, field, 1);
    return at === undefined ? 0 : this.#view.getUint8(at);
  }

  #long(table: Table, field: number): number {
    const at = this.#at(table, field, 8);
    return at === undefined ? 0 : this.#longAt(at);
  }

  #longAt(at: number): number {
    return this.#view.getInt32(at + 4, true) * 4294967296 + this.#view.getUint32(at, true);
  }

  #unsigned(at: number): number {
    this.#inside(at, 4);
    return this.#view.getUint32(at, true);
  }

  #inside(at: number, size: number): void {
    if (at < this.#start || at + size > this.#end) throw new BrokenStream('its metadata points outside of itself');
  }
}
