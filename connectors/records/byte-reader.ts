import { damaged } from './damaged.ts';

/** Reads the variable-length integers of RecordBatch v2 (zigzag, little end first); never past `end`. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;

  constructor(bytes: Uint8Array, position: number, end: number) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  byte(): number {
    if (this.position >= this.end) throw damaged(this.position, 'it ends within a record');
    return this.bytes[this.position++] as number;
  }

  /** A signed 32-bit integer in at most five bytes. */
  varint(): number {
    let byte = this.byte();
    let value = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      if (shift > 28) throw damaged(this.position, 'an integer is longer than 32 bits');
      byte = this.byte();
      value |= (byte & 127) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** A signed 64-bit integer as a number; beyond 2^53 it is not exact. Sums in floating point, since shifts end at 32 bits. */
  varlong(): number {
    let byte = this.byte();
    let value = byte & 127;
    for (let scale = 128; byte > 127; scale *= 128) {
      if (scale > 2 ** 63) throw damaged(this.position, 'an integer is longer than 64 bits');
      byte = this.byte();
      value += (byte & 127) * scale;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Steps over a field whose length was just read; -1 stands for null. Returns the field's first byte. */
  skip(length: number): number {
    const start = this.position;
    if (length < -1 || start + length > this.end) throw damaged(start, `a field claims ${length} bytes where ${this.end - start} are left`);
    if (length > 0) this.position += length;
    return start;
  }
}
