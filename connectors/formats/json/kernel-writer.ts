import { type Data, DataType, Type, type Utf8, type Vector } from 'apache-arrow';
import { type Batch, instantsOf, Validity } from '../../../columnar/index.ts';
import { createJsonWriter, growMemory, JSON_COLUMN, type JsonWriterKernel } from '../../../kernels/index.ts';
import type { RecordFields, RecordWriter } from '../../contract/index.ts';
import { literalsOf } from './value-writer.ts';

/** A column as the kernel reads it. */
interface KernelColumn {
  readonly kind: number;
  readonly values?: ArrayBufferView;
  readonly validity?: Uint8Array | undefined;
  /** Of the validity, and of booleans. */
  readonly firstBit?: number;
  /** Most bytes that a value takes beyond those of a number. */
  readonly longest?: number;
  readonly offsets?: Int32Array;
  readonly bytes?: Uint8Array;
  /** What the offsets count from. */
  readonly base?: number;
}

const DESCRIPTOR_WORDS = 9;
/** A number takes at most 25 bytes. */
const NUMBER_BYTES = 32;
/** Bytes that the kernel may read and write beyond a region. */
const SPARE = 16;
const OUT_BYTES = 1024 * 1024;

/** Writes batches of plain columns as JSON objects by the kernel; the text between values is the same for every row. */
export class KernelWriter {
  readonly #pieces: readonly Uint8Array[];
  readonly #order: readonly number[];
  #kernel: JsonWriterKernel | undefined;
  #outBytes = OUT_BYTES;
  #bytesPerRow = 0;

  /** `pieces`: the text before each value in the order of writing, and after the last. */
  constructor(pieces: readonly Uint8Array[], order: readonly number[]) {
    this.#pieces = pieces;
    this.#order = order;
  }

  /** Writes all rows; false, and nothing written, when a column is of a type that the kernel does not know. */
  write(batch: Batch, writer: RecordWriter, fields: RecordFields): boolean {
    const columns: KernelColumn[] = [];
    for (const column of this.#order) {
      const found = kernelColumn(batch, column);
      if (found === undefined) return false;
      columns.push(found);
    }
    this.#kernel ??= createJsonWriter();
    // About as many bytes as last time: a buffer that grows is copied every time.
    writer.reserve(Math.ceil(batch.numRows * this.#bytesPerRow * 1.05));
    const before = writer.position;
    const gaps = keyLengths(batch.numRows, fields);
    for (let row = 0; row < batch.numRows; ) row = this.#writeFrom(row, columns, gaps, writer, fields);
    if (batch.numRows > 0) this.#bytesPerRow = (writer.position - before) / batch.numRows;
    return true;
  }

  /** Lays the columns out in the kernel's memory, and writes rows from there until the end. */
  #writeFrom(first: number, columns: readonly KernelColumn[], gaps: Int32Array, writer: RecordWriter, fields: RecordFields): number {
    const rows = gaps.length;
    const { memory, functions, powersOfTen, start } = this.#kernel as JsonWriterKernel;
    const layout = new MemoryLayout(start);
    const descriptors = new Uint32Array(columns.length * DESCRIPTOR_WORDS);
    for (const [index, column] of columns.entries()) {
      const at = index * DESCRIPTOR_WORDS;
      const piece = this.#pieces[index] as Uint8Array;
      descriptors[at] = column.kind;
      descriptors[at + 1] = layout.add(column.values);
      descriptors[at + 2] = layout.add(column.validity);
      descriptors[at + 3] = layout.add(column.offsets);
      // Offsets of a slice begin within bytes of which only those used are there.
      descriptors[at + 4] = (layout.add(column.bytes) - (column.base ?? 0)) >>> 0;
      descriptors[at + 5] = layout.add(piece);
      descriptors[at + 6] = piece.length;
      descriptors[at + 7] = piece.length + NUMBER_BYTES + (column.longest ?? 0);
      descriptors[at + 8] = column.firstBit ?? 0;
    }
    const last = this.#pieces[columns.length] as Uint8Array;
    const lastAt = layout.add(last);
    const columnsAt = layout.add(descriptors);
    const gapsAt = layout.add(gaps);
    const ends = layout.room(rows * 4);
    const out = layout.room(this.#outBytes);
    layout.copyTo(memory);
    for (let row = first; row < rows; ) {
      const limit = out + this.#outBytes;
      const written = functions.writeRows(columnsAt, columns.length, lastAt, last.length, row, rows, gapsAt, out, limit, ends, powersOfTen);
      if (written === 0) {
        // A row that is longer than all the room there is: laid out anew with more.
        this.#outBytes *= 2;
        return row;
      }
      const endOf = new Int32Array(memory.buffer, ends, written);
      const bytes = (endOf[written - 1] as number) + (gaps[row + written - 1] as number);
      writer.addValues(new Uint8Array(memory.buffer, out, bytes), endOf, fields, row);
      row += written;
    }
    return rows;
  }
}

/** Bytes of each row's key, for which room is left behind its value. */
function keyLengths(rows: number, fields: RecordFields): Int32Array {
  const lengths = new Int32Array(rows);
  for (let row = 0; row < rows; row++) lengths[row] = fields.key(row)?.length ?? 0;
  return lengths;
}

/** Regions of memory one after another, each followed by bytes to spare. */
class MemoryLayout {
  readonly #regions: [number, ArrayBufferView][] = [];
  #end: number;

  constructor(start: number) {
    this.#end = start;
  }

  /** The position of a region for `view`'s bytes; 0 for none. */
  add(view: ArrayBufferView | undefined): number {
    if (view === undefined) return 0;
    const at = this.room(view.byteLength);
    this.#regions.push([at, view]);
    return at;
  }

  room(bytes: number): number {
    const at = this.#end;
    this.#end = Math.ceil((at + bytes + SPARE) / 8) * 8;
    return at;
  }

  copyTo(memory: WebAssembly.Memory): void {
    growMemory(memory, this.#end);
    const bytes = new Uint8Array(memory.buffer);
    for (const [at, view] of this.#regions) bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), at);
  }
}

function kernelColumn(batch: Batch, column: number): KernelColumn | undefined {
  const data = batch.data.children[column] as Data;
  const name = batch.schema.fields[column]?.name as string;
  const { type } = data;
  if (DataType.isTimestamp(type) && type.unit !== 1) return { kind: JSON_COLUMN.float64, values: instantsOf(batch, name) };
  const nulls = validityBits(data);
  const values = () => (data.values as Float64Array).subarray(0, data.length);
  if (DataType.isTimestamp(type)) return { kind: JSON_COLUMN.int64, values: values(), ...nulls };
  if (DataType.isFloat(type)) {
    if (type.precision === 0) return undefined;
    return { kind: type.precision === 1 ? JSON_COLUMN.float32 : JSON_COLUMN.float64, values: values(), ...nulls };
  }
  if (DataType.isInt(type)) return { ...integers(type, values()), ...nulls };
  if (DataType.isBool(type)) return { kind: JSON_COLUMN.boolean, values: bitsOf(data.values as Uint8Array, data), ...nulls };
  if (type.typeId === Type.Utf8) return { ...texts(data), ...nulls };
  if (!DataType.isDictionary(type) || type.dictionary.typeId !== Type.Utf8) return undefined;
  const literals = categories(data);
  return literals && { ...literals, ...nulls };
}

function integers(type: { readonly bitWidth: number; readonly isSigned: boolean }, values: ArrayBufferView): KernelColumn {
  if (type.bitWidth === 64) return { kind: type.isSigned ? JSON_COLUMN.int64 : JSON_COLUMN.uint64, values };
  if (type.bitWidth < 32) return { kind: JSON_COLUMN.int32, values: new Int32Array(values as Int16Array) };
  return { kind: type.isSigned ? JSON_COLUMN.int32 : JSON_COLUMN.uint32, values };
}

function texts(data: Data): KernelColumn {
  const offsets = (data.valueOffsets as Int32Array).subarray(0, data.length + 1);
  const base = offsets[0] ?? 0;
  return { kind: JSON_COLUMN.text, offsets, bytes: (data.values as Uint8Array).subarray(base, offsets[data.length] ?? 0), base };
}

interface LiteralTable {
  readonly longest: number;
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

const tables = new WeakMap<Vector<Utf8>, LiteralTable>();

function categories(data: Data): KernelColumn | undefined {
  const dictionary = data.dictionary as Vector<Utf8> | undefined;
  const codes = data.values as Int32Array;
  if (dictionary === undefined || !(codes instanceof Int32Array)) return undefined;
  const values = codes.subarray(0, data.length);
  // Bytes of other programs may hold codes that no entry has.
  for (let row = 0; row < values.length; row++) if ((values[row] as number) >>> 0 >= dictionary.length) return undefined;
  return { kind: JSON_COLUMN.literal, values, ...tableOf(dictionary) };
}

function tableOf(dictionary: Vector<Utf8>): LiteralTable {
  let table = tables.get(dictionary);
  if (table === undefined) {
    const literals = literalsOf(dictionary);
    const offsets = new Int32Array(literals.length + 1);
    for (const [entry, literal] of literals.entries()) offsets[entry + 1] = (offsets[entry] as number) + literal.length;
    const bytes = new Uint8Array(offsets[literals.length] as number);
    for (const [entry, literal] of literals.entries()) bytes.set(literal, offsets[entry]);
    table = { offsets, bytes, longest: Math.max(0, ...literals.map(({ length }) => length)) };
    tables.set(dictionary, table);
  }
  return table;
}

/** The validity of a column: undefined bits where no row is null. */
function validityBits(data: Data): Pick<KernelColumn, 'validity' | 'firstBit'> {
  const { bitmap } = Validity.of(data);
  return { validity: bitmap && bitsOf(bitmap, data), firstBit: data.offset & 7 };
}

/** The bytes that hold a slice's bits. */
const bitsOf = (bits: Uint8Array, { offset, length }: Data) => bits.subarray(offset >> 3, (offset + length + 7) >> 3);
