import { THRIFT, type ThriftList, ThriftStruct, type ThriftValue } from './thrift-value.ts';

/** Footers nest about ten levels; damaged bytes must not overflow the stack. */
const DEEPEST = 64;

/**
 * Reads one struct of Thrift's compact protocol.
 *
 * @throws RangeError when the bytes end too early or hold what the protocol does not know.
 */
export function readThrift(bytes: Uint8Array): ThriftStruct {
  return new ThriftReader(bytes).struct(0);
}

/** The same, of bytes that go on after the struct; tells how many it takes. */
export function readThriftAt(bytes: Uint8Array): { readonly struct: ThriftStruct; readonly length: number } {
  const reader = new ThriftReader(bytes);
  const struct = reader.struct(0);
  return { struct, length: reader.position };
}

class ThriftReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get position(): number {
    return this.#at;
  }

  struct(depth: number): ThriftStruct {
    if (depth > DEEPEST) throw new RangeError('nested too deeply');
    const struct = new ThriftStruct();
    let id = 0;
    for (;;) {
      const header = this.#byte();
      if (header === 0) return struct;
      const type = header & 15;
      id = header >> 4 === 0 ? this.#zigzag() : id + (header >> 4);
      struct.set(id, type, type === THRIFT.true ? true : type === THRIFT.false ? false : this.#value(type, depth));
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      // Items of lists of booleans take a byte each; fields keep the value in their header.
      case THRIFT.true:
      case THRIFT.false:
        return this.#byte() === 1;
      case THRIFT.byte:
        return (this.#byte() << 24) >> 24;
      case THRIFT.i16:
      case THRIFT.i32:
        return this.#zigzag();
      case THRIFT.i64:
        return this.#zigzagLong();
      case THRIFT.double:
        return this.#double();
      case THRIFT.binary:
        return this.#binary();
      case THRIFT.list:
      case THRIFT.set:
        return this.#list(depth);
      case THRIFT.struct:
        return this.struct(depth + 1);
      default:
        throw new RangeError(`unknown type ${type}`);
    }
  }

  #list(depth: number): ThriftList {
    const header = this.#byte();
    const size = header >> 4 === 15 ? this.#varint() : header >> 4;
    if (size > this.#bytes.length - this.#at) throw new RangeError('a list is longer than the footer');
    const itemType = header & 15;
    const items: ThriftValue[] = [];
    for (let item = 0; item < size; item++) items.push(this.#value(itemType, depth + 1));
    return { itemType, items };
  }

  #binary(): Uint8Array {
    const length = this.#varint();
    if (length > this.#bytes.length - this.#at) throw new RangeError('a string is longer than the footer');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #double(): number {
    if (this.#at + 8 > this.#bytes.length) throw new RangeError('the footer ends too early');
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('the footer ends too early');
    return byte;
  }

  #varint(): number {
    let value = 0;
    let factor = 1;
    for (let shift = 0; shift < 10; shift++) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    throw new RangeError('a number is too long');
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Beyond 2^53 as bigint, so that a rewritten footer keeps every bit. */
  #zigzagLong(): number | bigint {
    const start = this.#at;
    const value = this.#varint();
    if (value <= Number.MAX_SAFE_INTEGER) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    this.#at = start;
    let exact = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      exact |= BigInt(byte & 127) << shift;
      if (byte < 128) break;
    }
    const signed = (exact >> 1n) ^ -(exact & 1n);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }
}
