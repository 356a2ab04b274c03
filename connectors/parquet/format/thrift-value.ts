/**
 * Values of Thrift's compact protocol, in which Parquet keeps its footer, as generic trees: what we do not know of a newer writer survives when a
 * footer is rewritten. Protocol: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export type ThriftValue = boolean | number | bigint | Uint8Array | ThriftList | ThriftStruct;

/** The compact protocol's type numbers. */
export const THRIFT = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
} as const;

/** A list and the type number of its items. */
export interface ThriftList {
  readonly itemType: number;
  readonly items: ThriftValue[];
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Fields by id, each with its type number. Readers of fields return undefined where the field is absent or of another type. */
export class ThriftStruct {
  readonly fields = new Map<number, { readonly type: number; readonly value: ThriftValue }>();

  number(id: number): number | undefined {
    const value = this.fields.get(id)?.value;
    return typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? value : undefined;
  }

  boolean(id: number): boolean | undefined {
    const value = this.fields.get(id)?.value;
    return typeof value === 'boolean' ? value : undefined;
  }

  bytes(id: number): Uint8Array | undefined {
    const value = this.fields.get(id)?.value;
    return value instanceof Uint8Array ? value : undefined;
  }

  text(id: number): string | undefined {
    const bytes = this.bytes(id);
    return bytes === undefined ? undefined : decoder.decode(bytes);
  }

  struct(id: number): ThriftStruct | undefined {
    const value = this.fields.get(id)?.value;
    return value instanceof ThriftStruct ? value : undefined;
  }

  /** The items of a list field; none when it is absent. */
  list(id: number): readonly ThriftValue[] {
    const value = this.fields.get(id)?.value;
    return typeof value === 'object' && 'items' in value ? value.items : [];
  }

  structs(id: number): readonly ThriftStruct[] {
    return this.list(id).filter((item): item is ThriftStruct => item instanceof ThriftStruct);
  }

  set(id: number, type: number, value: ThriftValue): this {
    this.fields.set(id, { type, value });
    return this;
  }

  setText(id: number, text: string): this {
    return this.set(id, THRIFT.binary, encoder.encode(text));
  }

  setStructs(id: number, items: readonly ThriftStruct[]): this {
    return this.set(id, THRIFT.list, { itemType: THRIFT.struct, items: [...items] });
  }

  /** A copy whose fields may be set without changing this one; the values are shared. */
  copy(): ThriftStruct {
    const copied = new ThriftStruct();
    for (const [id, field] of this.fields) copied.fields.set(id, field);
    return copied;
  }
}
