import { columnData, Validity } from '../../columnar/index.ts';
import {
  concatStreamBatches,
  type StateReader,
  type StateWriter,
  type StreamBatch,
  takeStreamRows,
  withBatch,
} from '../../streams/index.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { readHeldRows, writeHeldRows } from '../rows/held-rows.ts';
import { rowsWhere } from '../rows/rows-where.ts';
import { joinColumns, type RightColumns } from './right-columns.ts';

/** What a run of `lookupJoin` needs to know. */
export interface LookupSettings extends RightColumns {
  readonly key: string;
  readonly tableKey: string;
  readonly deleted?: string;
  readonly unmatched: 'null' | 'drop';
}

/** The table, one row per key, in the order in which the rows last changed. */
export class LookupState {
  readonly #settings: LookupSettings;
  #table: StreamBatch | undefined;

  constructor(settings: LookupSettings) {
    this.#settings = settings;
  }

  take(
    rows: readonly StreamBatch[],
    changes: readonly StreamBatch[],
  ): { readonly output: StreamBatch | undefined; readonly unmatched: number } {
    const { key, tableKey, unmatched } = this.#settings;
    const left = concatStreamBatches(rows);
    const right = concatStreamBatches(this.#table === undefined ? changes : [this.#table, ...changes]);
    const groups = new KeyGroups(tableKey);
    const changed = right === undefined ? new Int32Array(0) : groups.groupsOf(right.batch);
    const wanted = left === undefined ? new Int32Array(0) : groups.groupsOf(left.batch, key);
    const current = new Int32Array(groups.size).fill(-1);
    const gone = this.#goneRows(right);
    const apply = (row: number) => {
      const group = changed[row] as number;
      if (group !== 0) current[group] = gone?.[row] === 1 ? -1 : row;
    };
    const held = this.#table?.batch.numRows ?? 0;
    for (let row = 0; row < held; row++) apply(row);
    const matches = new Int32Array(wanted.length);
    let change = held;
    for (let row = 0; row < wanted.length; row++) {
      while (change < changed.length && comesFirst(right as StreamBatch, change, left as StreamBatch, row)) apply(change++);
      matches[row] = current[wanted[row] as number] as number;
    }
    while (change < changed.length) apply(change++);
    this.#keep(right, current);
    if (left === undefined) return { output: undefined, unmatched: 0 };
    const kept = unmatched === 'null' ? undefined : rowsWhere(matches.length, (row) => (matches[row] as number) >= 0);
    const output = kept === undefined ? left : takeStreamRows(left, kept);
    const found = kept === undefined ? matches : Int32Array.from(kept, (row) => matches[row] as number);
    return {
      output: withBatch(output, joinColumns(output.batch, right?.batch, found, this.#settings)),
      unmatched: left.batch.numRows - output.batch.numRows,
    };
  }

  /** Rows that delete their key. */
  #goneRows(right: StreamBatch | undefined): Uint8Array | undefined {
    const { deleted } = this.#settings;
    if (deleted === undefined || right === undefined) return undefined;
    const validity = Validity.of(columnData(right.batch, deleted as never));
    return Uint8Array.from({ length: right.batch.numRows }, (_, row) => (validity.isValid(row) ? 0 : 1));
  }

  #keep(right: StreamBatch | undefined, current: Int32Array): void {
    if (right === undefined) return;
    const rows = current.filter((row) => row >= 0).sort();
    if (rows.length === right.batch.numRows && right === this.#table) return;
    const { mark: _mark, ...rest } = right;
    // An empty table is kept too: it knows the types of its columns.
    this.#table = takeStreamRows(rest, rows);
  }

  write(out: StateWriter): void {
    writeHeldRows(out, this.#table);
  }

  static read(settings: LookupSettings, input: StateReader): LookupState {
    const state = new LookupState(settings);
    state.#table = readHeldRows(input);
    return state;
  }
}

/** A change counts for rows after it; at the same place the row comes first. */
function comesFirst(change: StreamBatch, i: number, row: StreamBatch, j: number): boolean {
  const apart = (change.ordinal[i] as number) - (row.ordinal[j] as number);
  return apart < 0 || (apart === 0 && (change.sub[i] as number) < (row.sub[j] as number));
}
