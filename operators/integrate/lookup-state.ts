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
import { GrowingNumbers } from '../rows/growing-numbers.ts';
import { readHeldRows, writeHeldRows } from '../rows/held-rows.ts';
import type { RefitRows } from '../rows/refit-rows.ts';
import { RowStore } from '../rows/row-store.ts';
import { rowsWhere } from '../rows/rows-where.ts';
import { joinColumns, type RightColumns } from './right-columns.ts';

/** What a run of `lookupJoin` needs to know. */
export interface LookupSettings extends RightColumns {
  readonly key: string;
  readonly tableKey: string;
  readonly deleted?: string;
  readonly unmatched: 'null' | 'drop';
  /** Rows that did not change for so long, by the watermark of the changes, are gone. */
  readonly stateTtl?: number | undefined;
}

/** Rows to drop below which the store is left as it is. */
const FEW_ROWS = 4096;

const NONE = -1;

/** The table, one row per key, in the order in which the rows last changed. */
export class LookupState {
  readonly #settings: LookupSettings;
  readonly #store = new RowStore();
  #groups: KeyGroups;
  /** By group: its row in the store, or -1. */
  #current = new GrowingNumbers(Int32Array);
  /** Rows in the store after the last look at all of them. */
  #kept = 0;
  /** Watermark of the changes. */
  #watermark = Number.NEGATIVE_INFINITY;

  constructor(settings: LookupSettings) {
    this.#settings = settings;
    this.#groups = new KeyGroups(settings.tableKey);
  }

  take(
    rows: readonly StreamBatch[],
    changes: readonly StreamBatch[],
  ): { readonly output: StreamBatch | undefined; readonly unmatched: number } {
    const [left, right] = [concatStreamBatches(rows), concatStreamBatches(changes)];
    const apply = this.#applier(right);
    const changed = right?.batch.numRows ?? 0;
    const wanted = left === undefined ? new Int32Array(0) : this.#groups.findGroups(left.batch, this.#settings.key);
    const current = this.#current.all;
    const isGone = this.#goneTest();
    const matches = new Int32Array(wanted.length);
    let change = 0;
    for (let row = 0; row < wanted.length; row++) {
      while (change < changed && comesFirst(right as StreamBatch, change, left as StreamBatch, row)) apply(change++);
      const group = wanted[row] as number;
      const match = group < 0 ? NONE : (current[group] as number);
      matches[row] = match >= 0 && isGone(match) ? NONE : match;
    }
    while (change < changed) apply(change++);
    const joined = left === undefined ? { output: undefined, unmatched: 0 } : this.#join(left, matches);
    this.#forget();
    return joined;
  }

  /** Adds the changes' rows to the store; what is returned makes one of them count. */
  #applier(right: StreamBatch | undefined): (change: number) => void {
    if (right === undefined) return () => {};
    const first = this.#store.rows;
    const groups = this.#groups.groupsOf(right.batch);
    const gone = this.#goneRows(right);
    this.#store.append(right);
    while (this.#current.length < this.#groups.size) this.#current.push(NONE);
    const current = this.#current.all;
    return (change) => {
      this.#watermark = Math.max(this.#watermark, right.watermark[change] as number);
      const group = groups[change] as number;
      // A null key names no row.
      if (group === 0) return;
      current[group] = gone?.[change] === 1 ? NONE : first + change;
    };
  }

  /** Tells whether a row of the store has not changed for longer than the ttl; valid until rows are added. */
  #goneTest(): (row: number) => boolean {
    const { stateTtl } = this.#settings;
    if (stateTtl === undefined) return () => false;
    const { watermark } = this.#store.order;
    return (row) => this.#watermark - (watermark[row] as number) > stateTtl;
  }

  #join(left: StreamBatch, matches: Int32Array): { readonly output: StreamBatch; readonly unmatched: number } {
    const kept = this.#settings.unmatched === 'null' ? undefined : rowsWhere(matches.length, (row) => (matches[row] as number) >= 0);
    const output = kept === undefined ? left : takeStreamRows(left, kept);
    const found = kept === undefined ? matches : Int32Array.from(kept, (row) => matches[row] as number);
    const column = this.#store.hasColumns ? (name: string) => this.#store.column(name, found) : undefined;
    return {
      output: withBatch(output, joinColumns(output.batch, column, found.length, this.#settings)),
      unmatched: left.batch.numRows - output.batch.numRows,
    };
  }

  /** Rows that delete their key. */
  #goneRows(right: StreamBatch): Uint8Array | undefined {
    const { deleted } = this.#settings;
    if (deleted === undefined) return undefined;
    const validity = Validity.of(columnData(right.batch, deleted as never));
    return Uint8Array.from({ length: right.batch.numRows }, (_, row) => (validity.isValid(row) ? 0 : 1));
  }

  /** The table's rows in the order they changed. */
  #rows(): Int32Array {
    const isGone = this.#goneTest();
    return this.#current.all.filter((row) => row >= 0 && !isGone(row)).sort();
  }

  /** Now and then drops rows that are superseded or gone, and their keys: memory stays within twice the table. */
  #forget(): void {
    const more = this.#store.rows - this.#kept;
    if (more <= FEW_ROWS || more <= this.#kept) return;
    const rows = this.#rows();
    this.#kept = rows.length;
    if (rows.length === this.#store.rows) return;
    const groupOf = new Int32Array(this.#store.rows);
    for (const [group, row] of this.#current.all.entries()) if (row >= 0) groupOf[row] = group;
    const groups = new KeyGroups(this.#settings.tableKey, this.#groups.kind);
    const current = new GrowingNumbers(Int32Array);
    current.push(NONE);
    rows.forEach((row, place) => {
      groups.add(this.#groups.keyOf(groupOf[row] as number));
      current.push(place);
    });
    this.#groups = groups;
    this.#current = current;
    this.#store.keep(rows);
  }

  write(out: StateWriter): void {
    const rows = this.#rows();
    writeHeldRows(out, rows.length === 0 ? undefined : this.#store.take(rows));
    out.number(this.#watermark);
  }

  /**
   * Reads a state; version 1 did not tell the watermark.
   *
   * @param refit where the rows may have other columns than the next ones
   */
  static read(settings: LookupSettings, input: StateReader, version: number, refit: RefitRows | undefined): LookupState {
    const state = new LookupState(settings);
    const table = readHeldRows(input);
    const apply = state.#applier(table);
    for (let row = 0; row < (table?.batch.numRows ?? 0); row++) apply(row);
    if (version > 1) state.#watermark = input.number();
    state.#store.refit = refit;
    return state;
  }
}

/** A change counts for rows after it; at the same place the row comes first. */
function comesFirst(change: StreamBatch, i: number, row: StreamBatch, j: number): boolean {
  const apart = (change.ordinal[i] as number) - (row.ordinal[j] as number);
  return apart < 0 || (apart === 0 && (change.sub[i] as number) < (row.sub[j] as number));
}
