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

export function copyBytes(from: Uint8Array, start: number, length: number, into: Uint8Array, at: number): void {
  if (length >= SHORT) into.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) into[at + i] = from[start + i] as number;
}

/** All at once; then no string may begin within a character. */
function checkUtf8({ bytes, offsets }: TextEntries): void {
  let whole = isUtf8(bytes);
  for (let entry = 0; entry < offsets.length; entry++) if (((bytes[offsets[entry] as number] ?? 0) & 0xc0) === 0x80) whole = false;
  if (!whole) throw new RangeError('a string is not UTF-8');
}
