import { THRIFT, type ThriftList, ThriftStruct, type ThriftValue } from './thrift-value.ts';

/** The bytes of one struct in Thrift's compact protocol; the inverse of `readThrift`. */
export function writeThrift(struct: ThriftStruct): Uint8Array {
  const writer = new ThriftWriter();
  writer.struct(struct);
  return writer.finish();
}

class ThriftWriter {
  #bytes = new Uint8Array(4096);
  #length = 0;

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  struct(struct: ThriftStruct): void {
    let last = 0;
    for (const [id, field] of [...struct.fields].sort(([left], [right]) => left - right)) {
      const type = typeof field.value === 'boolean' ? (field.value ? THRIFT.true : THRIFT.false) : field.type;
      const step = id - last;
      if (step > 0 && step < 16) this.#byte((step << 4) | type);
      else {
        this.#byte(type);
        this.#varint(zigzag(BigInt(id)));
      }
      if (typeof field.value !== 'boolean') this.#value(type, field.value);
      last = id;
    }
    this.#byte(0);
  }

  #value(type: number, value: ThriftValue): void {
    if (typeof value === 'boolean') this.#byte(value ? 1 : 2);
    else if (type === THRIFT.double) this.#double(value as number);
    else if (type === THRIFT.byte) this.#byte(Number(value) & 255);
    else if (typeof value === 'number' || typeof value === 'bigint') this.#varint(zigzag(BigInt(value)));
    else if (value instanceof Uint8Array) this.#binary(value);
    else if (value instanceof ThriftStruct) this.struct(value);
    else this.#list(value);
  }

  #list(list: ThriftList): void {
    const size = list.items.length;
    this.#byte((Math.min(size, 15) << 4) | list.itemType);
    if (size >= 15) this.#varint(BigInt(size));
    for (const item of list.items) this.#value(list.itemType, item);
  }

  #binary(bytes: Uint8Array): void {
    this.#varint(BigInt(bytes.length));
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #double(value: number): void {
    this.#reserve(8);
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  #varint(value: bigint): void {
    let rest = value;
    while (rest >= 128n) {
      this.#byte(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.#byte(Number(rest));
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + size));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

const zigzag = (value: bigint): bigint => (value << 1n) ^ (value >> 63n);
