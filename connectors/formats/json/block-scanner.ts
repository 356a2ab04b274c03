import type { TypeMap } from 'apache-arrow';
import { BatchMemory } from '../../../columnar/index.ts';
import type { RecordColumns } from '../../contract/index.ts';
import {
  BooleanColumn,
  type ColumnBuilder,
  Int64Column,
  NumberColumn,
  type RowColumns,
  TensorColumn,
  TextColumn,
} from '../columns/index.ts';
import { copyBlock, extentOf, isScattered, ScannerDictionary, type ScannerMemory } from '../scanner/index.ts';
import type { ObjectLayout } from './object-layout.ts';

/** Kinds of columns as the kernel numbers them; of binary and tensor columns it reads null alone. 9 is for nested objects. */
const KINDS = ['float64', 'timestamp', 'float32', 'int32', 'int64', 'boolean', 'text', 'category', 'binary', 'tensor'] as const;
const NESTED = 9;
const UNREAD = 8;
const NODE_BYTES = 8;
const ENTRY_BYTES = 32;
/** Reads whole blocks of records into columns by the kernel, which lies in its own memory. Records that it refuses are left to be read one by one. */
export class BlockScanner<T extends TypeMap> {
  readonly #memory: ScannerMemory;
  readonly #columns: RowColumns<T>;
  readonly #skipUnknown: boolean;
  readonly #maxBytes: number;
  readonly #root: number;
  /** Per column: position of its entry in the plan. */
  readonly #entries: Int32Array;
  #texts: (Int32Array | undefined)[] = [];

  constructor(memory: ScannerMemory, layout: ObjectLayout, columns: RowColumns<T>, skipUnknown: boolean, maxBytes: number) {
    this.#memory = memory;
    this.#columns = columns;
    this.#skipUnknown = skipUnknown;
    this.#maxBytes = maxBytes;
    this.#entries = new Int32Array(columns.builders.length).fill(-1);
    this.#root = this.#planNode(layout);
  }

  #planNode(layout: ObjectLayout): number {
    const node = this.#memory.keep(NODE_BYTES + layout.names.length * ENTRY_BYTES);
    const entries = layout.keys.map((key, index) => {
      const child = layout.children[index];
      const column = layout.columns[index] as number;
      const at = this.#memory.keep(key.length + 8);
      this.#memory.bytes(at, key.length).set(key);
      if (column >= 0) this.#entries[column] = node + NODE_BYTES + index * ENTRY_BYTES;
      const kind = child === undefined ? Math.min(KINDS.indexOf((this.#columns.builders[column] as ColumnBuilder).kind), UNREAD) : NESTED;
      return [at, key.length, kind, child === undefined ? 0 : this.#planNode(child), 0, 0, 0, 0];
    });
    this.#memory.words(node, 2).set([entries.length, -1]);
    this.#memory.words(node + NODE_BYTES, entries.length * 8).set(entries.flat());
    return node;
  }

  /**
   * Reads all records into the columns, row n from record n. Returns 0 per record that was read and 1 per record that was refused, whose row is empty.
   * Text columns are not filled yet: see `putTexts` and `takeTexts`.
   */
  scan(records: RecordColumns): Uint8Array {
    const { count } = records;
    const extent = extentOf(records, this.#maxBytes);
    const { builders } = this.#columns;
    for (const builder of builders) if (builder instanceof ScannerDictionary) builder.reserve(count, extent.total);
    this.#memory.beginBlock();
    const status = this.#memory.place(count);
    const pointers = this.#memory.place(builders.length * 4);
    const states = builders.map(() => this.#memory.place(count));
    const values = builders.map(() => this.#memory.place(count * 8));
    this.#memory.words(pointers, builders.length).set(states);
    builders.forEach((builder, column) => {
      this.#memory.bytes(states[column] as number, count).fill(0);
      if ((this.#entries[column] as number) < 0) return;
      const dictionary = builder instanceof ScannerDictionary ? builder.header : 0;
      this.#memory.words((this.#entries[column] as number) + 16, 3).set([values[column] as number, states[column] as number, dictionary]);
    });
    if (isScattered(extent)) this.#memory.bytes(status, count).fill(1);
    else {
      const { block, starts, lengths } = copyBlock(this.#memory, records, extent, this.#maxBytes, false);
      const { scan } = this.#memory.functions;
      scan(this.#root, block, starts, lengths, status, count, pointers, builders.length, this.#skipUnknown, this.#memory.powers);
    }
    this.#takeColumns(values, states, count, extent.low);
    return this.#memory.bytes(status, count).slice();
  }

  #takeColumns(values: readonly number[], states: readonly number[], count: number, low: number): void {
    const memory = this.#memory;
    const own = new BatchMemory(count);
    const doubles = (at: number) => copied(memory.doubles(at, count), own.array(Float64Array, count));
    const words = (at: number, length: number) => copied(memory.words(at, length), own.array(Int32Array, length));
    const bytes = (at: number) => copied(memory.bytes(at, count), own.array(Uint8Array, count));
    this.#texts = this.#columns.builders.map((builder, column) => {
      const at = values[column] as number;
      const state = bytes(states[column] as number);
      if (builder instanceof TextColumn) return textPairs(memory.words(at, count * 2), state, low);
      if (builder instanceof TensorColumn) builder.begin(count);
      builder.state = state;
      if (builder instanceof NumberColumn) builder.values = doubles(at);
      else if (builder instanceof Int64Column) builder.take(words(at, count * 2));
      else if (builder instanceof BooleanColumn) builder.take(bytes(at));
      else if (builder instanceof ScannerDictionary) builder.codes = words(at, count);
      return undefined;
    });
  }

  /** Fills the text columns of all rows at once; only when no record was refused. */
  takeTexts(bytes: Uint8Array, rows: number): void {
    this.#texts.forEach((pairs, column) => {
      if (pairs !== undefined) (this.#columns.builders[column] as TextColumn).takeRows(bytes, pairs, rows);
    });
  }

  /** Begins text columns that are filled row by row. */
  beginTexts(rows: number): void {
    this.#texts.forEach((pairs, column) => {
      if (pairs !== undefined) (this.#columns.builders[column] as TextColumn).begin(rows);
    });
  }

  /** Fills the text columns of one row that the kernel has read. */
  putTexts(bytes: Uint8Array, row: number): void {
    for (let column = 0; column < this.#texts.length; column++) {
      const pairs = this.#texts[column];
      if (pairs !== undefined) (this.#columns.builders[column] as TextColumn).putPair(row, bytes, pairs);
    }
  }
}

function copied<A extends { set(from: ArrayLike<number>): void }>(from: ArrayLike<number>, to: A): A {
  to.set(from);
  return to;
}

/** Start and length per row, the length -1 where the row is absent and -2 where it is null. */
function textPairs(words: Int32Array, state: Uint8Array, low: number): Int32Array {
  const pairs = words.slice();
  for (let row = 0; row < state.length; row++) {
    pairs[2 * row] = (pairs[2 * row] as number) + low;
    if (state[row] !== 1) pairs[2 * row + 1] = state[row] === 2 ? -2 : -1;
  }
  return pairs;
}
