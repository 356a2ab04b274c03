import type { TypeMap } from 'apache-arrow';
import { type Batch, type BatchSchema, concatBatches, takeRows } from '../../../columnar/index.ts';
import type { DecodedRows, Decoder, RecordColumns } from '../../contract/index.ts';
import { takeRecords } from '../../records/index.ts';
import { type ColumnBuilder, Int64Column, NumberColumn, PRESENT, RowColumns, TextColumn } from '../columns/index.ts';
import { copyBlock, extentOf, isScattered, ScannerDictionary, ScannerMemory } from '../scanner/index.ts';

const LARGEST_INT32 = 2_147_483_647;
const LARGEST = 1e15;

/** Where the kernel put the fields of a block. */
interface SplitBlock {
  readonly block: number;
  readonly status: number;
  /** Per field: position of its list of pairs. */
  readonly lists: readonly number[];
}

/**
 * Decodes access log lines by the kernel, a block at a time: all lines are cut into fields, then columns are made field by field. Lines that the kernel
 * refuses (escapes, text beyond ASCII, whatever is wrong) go to the decoder that reads line by line and knows the reasons.
 */
export class LogBlockDecoder<T extends TypeMap> implements Decoder<T> {
  readonly #memory = new ScannerMemory();
  readonly #columns: RowColumns<T>;
  readonly #fields: readonly string[];
  readonly #lines: Decoder<T>;
  readonly #maxBytes: number;

  constructor(schema: BatchSchema<T>, fields: readonly string[], lines: Decoder<T>, maxBytes: number) {
    this.#columns = new RowColumns(schema, 'combinedLog', () => new ScannerDictionary(this.#memory));
    this.#fields = fields;
    this.#lines = lines;
    this.#maxBytes = maxBytes;
  }

  /** Whether the kernel has a form for every column of a schema; otherwise lines are read one by one. */
  static takes(schema: BatchSchema): boolean {
    const { builders, names } = new RowColumns(schema, 'combinedLog');
    return builders.every((builder, column) => {
      if (builder.kind === 'timestamp') return names[column] === 'at';
      return ['text', 'category', 'int32', 'int64', 'float64'].includes(builder.kind);
    });
  }

  decode(records: RecordColumns): DecodedRows<T> {
    const extent = extentOf(records, this.#maxBytes);
    if (records.count === 0 || isScattered(extent)) return this.#lines.decode(records);
    for (const builder of this.#columns.builders) if (builder instanceof ScannerDictionary) builder.reserve(records.count, extent.total);
    const split = this.#split(records);
    this.#columns.builders.forEach((builder, column) => {
      this.#gather(
        builder,
        split.lists[this.#fields.indexOf(this.#columns.names[column] as string)] as number,
        split,
        records.count,
        extent.total,
      );
    });
    const refused = this.#memory.bytes(split.status, records.count).slice();
    this.#refuseIncomplete(refused);
    const batch = this.#columns.finish(records.count);
    const left = indexesOf(refused, 1);
    if (left.length === 0) return { batch, record: indexesOf(refused, 0), rejects: [] };
    return this.#merged(batch, refused, left, this.#lines.decode(takeRecords(records, left)));
  }

  #split(records: RecordColumns): SplitBlock {
    const memory = this.#memory;
    const { count } = records;
    memory.beginBlock();
    const { block, starts, lengths } = copyBlock(memory, records, extentOf(records, this.#maxBytes), this.#maxBytes, true);
    const status = memory.place(count);
    const lists = this.#fields.map(() => memory.place(count * 8));
    const pointers = memory.place(lists.length * 4);
    memory.words(pointers, lists.length).set(lists);
    memory.functions.splitLog(block, starts, lengths, status, count, pointers);
    return { block, status, lists };
  }

  #gather(builder: ColumnBuilder, pairs: number, { block, status }: SplitBlock, count: number, total: number): void {
    const memory = this.#memory;
    const { gatherCodes, gatherHttpDates, gatherIntegers, gatherText } = memory.functions;
    const states = memory.place(count);
    const values = memory.place(count * 8 + 8);
    if (builder instanceof TextColumn) {
      const out = memory.place(total);
      const length = gatherText(block, pairs, count, values, states, out);
      builder.take(memory.bytes(out, length).slice(), memory.words(values, count + 1).slice(), memory.bytes(states, count).slice());
      return;
    }
    if (builder instanceof ScannerDictionary) {
      gatherCodes(block, pairs, count, values, states, builder.header);
      builder.codes = memory.words(values, count).slice();
    } else if (builder instanceof Int64Column) {
      gatherIntegers(block, pairs, count, values, states, status, LARGEST, true);
      builder.take(memory.words(values, count * 2).slice());
    } else if (builder instanceof NumberColumn) {
      if (builder.kind === 'timestamp') gatherHttpDates(block, pairs, count, values, states, status);
      else gatherIntegers(block, pairs, count, values, states, status, builder.kind === 'int32' ? LARGEST_INT32 : LARGEST, false);
      builder.values = memory.doubles(values, count).slice();
    }
    builder.state = memory.bytes(states, count).slice();
  }

  /** Lines that lack a required column are left to be rejected with the reason. */
  #refuseIncomplete(refused: Uint8Array): void {
    for (const column of this.#columns.required) {
      const state = this.#columns.builders[column]?.state as Uint8Array;
      for (let row = 0; row < refused.length; row++) if (state[row] !== PRESENT) refused[row] = 1;
    }
  }

  /** The rows of both ways in the order of their records. */
  #merged(batch: Batch<T>, refused: Uint8Array, left: Int32Array, slow: DecodedRows<T>): DecodedRows<T> {
    const slowRows = new Map(Array.from(slow.record, (record, row) => [left[record] as number, row]));
    const record: number[] = [];
    const order: number[] = [];
    for (let index = 0; index < refused.length; index++) {
      const row = refused[index] === 0 ? index : slowRows.get(index);
      if (row === undefined) continue;
      record.push(index);
      order.push(refused[index] === 0 ? row : batch.numRows + row);
    }
    const rejects = slow.rejects.map((reject) => ({ record: left[reject.record] as number, reason: reject.reason }));
    const both = slow.batch.numRows === 0 ? batch : concatBatches([batch, slow.batch]);
    return { batch: takeRows(both, Int32Array.from(order)), record: Int32Array.from(record), rejects };
  }
}

function indexesOf(values: Uint8Array, wanted: number): Int32Array {
  const found = new Int32Array(values.length);
  let count = 0;
  for (let index = 0; index < values.length; index++) if (values[index] === wanted) found[count++] = index;
  return found.subarray(0, count);
}
