import { isUtf8 } from 'node:buffer';

/** Shorter strings are copied byte by byte: a call to the engine costs more. */
const SHORT = 24;

/** Strings or bytes one after another; string `i` is bytes offsets[i] to offsets[i + 1]. */
export interface TextEntries {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly offsets: Int32Array<ArrayBuffer>;
}

/** Reads `count` strings, each after its length in four bytes. */
export function plainTexts(data: Uint8Array, count: number, isText: boolean): TextEntries {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (count > data.length / 4) throw new RangeError('a page has fewer values than its header says');
  const offsets = new Int32Array(count + 1);
  const bytes = new Uint8Array(data.length - 4 * count);
  let at = 0;
  let to = 0;
  for (let entry = 0; entry < count; entry++) {
    const length = at + 4 > data.length ? -1 : view.getInt32(at, true);
    if (length < 0 || at + 4 + length > data.length || to + length > bytes.length) throw new RangeError('a value is longer than its page');
    copyBytes(data, at + 4, length, bytes, to);
    at += 4 + length;
    to += length;
    offsets[entry + 1] = to;
  }
  const entries = { bytes: bytes.subarray(0, to), offsets };
  if (isText) checkUtf8(entries);
  return entries;
}

function copyBytes(from: Uint8Array, start: number, length: number, into: Uint8Array, at: number): void {
  if (length >= SHORT) into.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) into[at + i] = from[start + i] as number;
}

/** All at once; then no string may begin within a character. */
function checkUtf8({ bytes, offsets }: TextEntries): void {
  let whole = isUtf8(bytes);
  for (let entry = 0; entry < offsets.length; entry++) if (((bytes[offsets[entry] as number] ?? 0) & 0xc0) === 0x80) whole = false;
  if (!whole) throw new RangeError('a string is not UTF-8');
}

/** Strings or bytes row by row, however long. */
export class TextValues {
  readonly offsets: Int32Array<ArrayBuffer>;
  readonly #isText: boolean;
  #bytes = new Uint8Array(1024);
  #dictionary: TextEntries = { bytes: new Uint8Array(0), offsets: new Int32Array(1) };

  constructor(capacity: number, isText: boolean) {
    this.offsets = new Int32Array(capacity + 1);
    this.#isText = isText;
  }

  /** The bytes of the first `rows` rows, in a buffer of their own. */
  bytes(rows: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.offsets[rows]);
  }

  get entries(): number {
    return this.#dictionary.offsets.length - 1;
  }

  shareDictionary(other: TextValues): void {
    this.#dictionary = other.#dictionary;
  }

  setDictionary(data: Uint8Array, count: number): void {
    this.#dictionary = plainTexts(data, count, this.#isText);
  }

  putPlain(data: Uint8Array, rows: number, present: number, at: number, levels: Int32Array | undefined): void {
    const entries = plainTexts(data, present, this.#isText);
    const start = this.offsets[at] as number;
    this.#reserve(start + entries.bytes.length);
    this.#bytes.set(entries.bytes, start);
    for (let row = 0, next = 0; row < rows; row++) {
      if (levels === undefined || levels[row] === 1) next++;
      this.offsets[at + row + 1] = start + (entries.offsets[next] as number);
    }
  }

  /** The codes are those of entries: the caller has looked. */
  putCodes(codes: Int32Array, rows: number, at: number, levels: Int32Array | undefined): void {
    const { bytes, offsets } = this.#dictionary;
    for (let row = 0, next = 0; row < rows; row++) {
      const start = this.offsets[at + row] as number;
      let length = 0;
      if (levels === undefined || levels[row] === 1) {
        const code = codes[next++] as number;
        const from = offsets[code] as number;
        length = (offsets[code + 1] as number) - from;
        if (start + length > this.#bytes.length) this.#reserve(start + length);
        copyBytes(bytes, from, length, this.#bytes, start);
      }
      this.offsets[at + row + 1] = start + length;
    }
  }

  copyFrom(other: TextValues, from: number, count: number, at: number): void {
    const start = this.offsets[at] as number;
    const first = other.offsets[from] as number;
    this.#reserve(start + (other.offsets[from + count] as number) - first);
    this.#bytes.set(other.#bytes.subarray(first, other.offsets[from + count]), start);
    for (let row = 0; row < count; row++) this.offsets[at + row + 1] = start + (other.offsets[from + row + 1] as number) - first;
  }

  #reserve(length: number): void {
    // Offsets have 31 bits.
    if (length > 0x7fffffff) throw new RangeError('strings of more than 2 GB');
    if (length <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
