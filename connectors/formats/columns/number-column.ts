import { type Data, DataType } from 'apache-arrow';
import { float32Data, float64Data, int32Data, timestampData } from '../../../columnar/index.ts';
import { closeGaps, nullsOf, PRESENT } from './row-state.ts';

/** Column types whose values fit a float64 exactly while rows are collected. */
export type NumberKind = 'float64' | 'float32' | 'int32' | 'timestamp';

/** Last instant of an ECMAScript date, ms. */
const LAST_INSTANT = 8.64e15;

/** Collects float64, float32, int32 or timestamp values (ms since the epoch). */
export class NumberColumn {
  readonly kind: NumberKind;
  state = new Uint8Array(0);
  values = new Float64Array(0);

  constructor(kind: NumberKind) {
    this.kind = kind;
  }

  begin(capacity: number): void {
    this.state = new Uint8Array(capacity);
    this.values = new Float64Array(capacity);
  }

  /** Sets a row; false when the value is no number of the column's type. Fractions of a millisecond are cut off. */
  put(row: number, value: number): boolean {
    if (!this.#fits(value)) return false;
    this.values[row] = this.kind === 'timestamp' ? Math.floor(value) : value;
    this.state[row] = PRESENT;
    return true;
  }

  #fits(value: number): boolean {
    if (this.kind === 'float64') return Number.isFinite(value);
    if (this.kind === 'float32') return Number.isFinite(Math.fround(value));
    if (this.kind === 'int32') return value === (value | 0);
    return Math.abs(value) <= LAST_INSTANT;
  }

  /** Leaves rows out, those named, ascending. */
  drop(gone: Int32Array, rows: number): void {
    closeGaps(this.values, gone, rows);
    closeGaps(this.state, gone, rows);
  }

  finish(rows: number): Data {
    const values = this.values.subarray(0, rows);
    const nulls = nullsOf(this.state, rows);
    if (this.kind === 'float64') return float64Data(values, nulls);
    if (this.kind === 'float32') return float32Data(new Float32Array(values), nulls);
    if (this.kind === 'int32') return int32Data(new Int32Array(values), nulls);
    return timestampData(values, nulls);
  }
}

/** The kind of a {@link NumberColumn} that holds an Arrow type; undefined for other types. */
export function numberKindOf(type: DataType): NumberKind | undefined {
  if (DataType.isFloat(type) && type.precision > 0) return type.precision === 2 ? 'float64' : 'float32';
  if (DataType.isInt(type) && type.bitWidth === 32 && type.isSigned) return 'int32';
  // Unit 1 is the millisecond.
  if (DataType.isTimestamp(type) && type.unit === 1) return 'timestamp';
  return undefined;
}
