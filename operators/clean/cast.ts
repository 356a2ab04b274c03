import { type Bool, type Data, DataType, type Float64, type Int32, type TimestampMillisecond, type TypeMap, type Utf8 } from 'apache-arrow';
import {
  type Batch,
  booleanData,
  booleanView,
  type ColumnName,
  columnData,
  float64Data,
  instantsOf,
  int32Data,
  numberView,
  stringView,
  timestampData,
  utf8Data,
  Validity,
  ValidityBuilder,
  type WithColumns,
  withColumns,
} from '../../columnar/index.ts';
import { MillraceError, type Operator, type StreamBatch, statefulOperator, takeStreamRows, withBatch } from '../../streams/index.ts';
import { instantText, rowText } from '../rows/row-text.ts';
import { type Conversion, conversionOf, type UnitChange, unitNames } from './units.ts';

/** Types that {@link cast} makes. */
export interface CastTypes {
  float64: Float64;
  int32: Int32;
  boolean: Bool;
  utf8: Utf8;
  timestamp: TimestampMillisecond;
}

/** Types, or units, by column. */
export type Casts<T extends TypeMap> = { readonly [K in ColumnName<T>]?: keyof CastTypes | UnitChange };

/** `T` after {@link cast}; a column whose unit changes becomes float64. */
export type CastTo<T extends TypeMap, C> = WithColumns<T, { [K in keyof C]: CastType<C[K]> }>;

type CastType<Target> = Target extends keyof CastTypes ? CastTypes[Target] : Target extends UnitChange ? Float64 : never;

/**
 * Changes types and units of columns. Types: float64, int32, boolean, utf8, timestamp. Units: `{ from: 'degF', to: 'degC' }`. A row with a value that has no counterpart is rejected.
 *
 * Strings are read as decimal numbers, `true`/`false`/`1`/`0`, or ISO 8601; numbers become instants as milliseconds since the epoch; an int32 must be whole and in range; empty strings
 * are no numbers. Null stays null; NaN and infinities stay in float64 and are rejected elsewhere.
 *
 * A column whose unit changes becomes float64. Numbers and strings that write numbers are converted, booleans and instants are not. Units of different dimensions do not compile, and are refused at run time:
 * temperature degC, degF, K; speed m/s, km/h, mph, kn, ft/s; pressure Pa, hPa, kPa, MPa, mbar, bar, atm, mmHg, inHg, psi; length m, um, mm, cm, km, in, ft, yd, mi, nmi; area m2, cm2, km2, ha, ft2, acre;
 * volume m3, L, mL, ft3, gal (US); mass kg, ug, mg, g, t, lb, oz; concentration kg/m3, g/m3, mg/m3, ug/m3, mg/L; flow m3/s, m3/h, L/s, L/min; time s, ns, us, ms, min, h, d; frequency Hz, kHz, MHz, GHz, rpm;
 * energy J, kJ, MJ, Wh, kWh, MWh, cal, kcal; power W, mW, kW, MW, hp; voltage V, mV, kV; current A, mA; angle rad, deg, turn; data B, bit, kB, MB, GB, TB, KiB, MiB, GiB; share 1, %, ppm, ppb.
 *
 * Ledger: in = out + rejected.
 *
 * @param casts new types, or units, by column
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, cast({ count: 'float64', note: 'timestamp', temperature: { from: 'degC', to: 'K' } }));
 */
export function cast<T extends TypeMap, const C extends Casts<NoInfer<T>>>(casts: C): Operator<T, CastTo<T, C>> {
  const entries = Object.entries(casts as Record<string, keyof CastTypes | UnitChange>).map(
    ([column, target]) => [column, target, makerOf(column, target)] as const,
  );
  return statefulOperator<T, CastTo<T, C>, null>('cast', {
    version: 1,
    ledger: { left: ['in'], right: ['out', 'rejected'] },
    create: () => null,
    onBatch: (_state, input, step) => {
      const { batch } = input;
      const made: Record<string, Data> = {};
      const broken = new Map<number, string>();
      for (const [column, target, make] of entries) {
        const read = textReader(batch, column);
        const wanted = typeof target === 'string' ? target : `number of ${target.from}`;
        made[column] = make(read, batch.numRows, (row) => {
          if (!broken.has(row)) broken.set(row, `column '${column}' is '${read(row)}', which is no ${wanted}`);
        });
      }
      for (const [row, reason] of [...broken].sort(([a], [b]) => a - b))
        step.reject({ ordinal: input.ordinal[row] as number, reason, row: rowText(batch, row) });
      const output = withBatch(input, withColumns(batch, made)) as StreamBatch<CastTo<T, C>>;
      if (broken.size === 0) return output;
      return takeStreamRows(
        output,
        Int32Array.from({ length: batch.numRows }, (_, row) => row).filter((row) => !broken.has(row)),
      );
    },
    snapshot: () => {},
    restore: () => null,
  });
}

function makerOf(column: string, target: keyof CastTypes | UnitChange): Maker {
  if (typeof target === 'string' || target === null || typeof target !== 'object') {
    if (Object.hasOwn(MAKERS, target)) return MAKERS[target];
    throw new MillraceError('INVALID_OPTION', `cast: column '${column}' cannot become '${target}'`, {
      hint: `use ${Object.keys(MAKERS).join(', ')}, or { from, to } of units`,
    });
  }
  const conversion = conversionOf(target);
  if (typeof conversion !== 'string') return converting(conversion);
  const units = [...unitNames()].map(([dimension, names]) => `${dimension}: ${names.join(', ')}`);
  throw new MillraceError('INVALID_OPTION', `cast: column '${column}': ${conversion}`, { hint: `units are ${units.join('; ')}` });
}

/** A value of any type that {@link cast} reads: null, a number, a string, a boolean; instants are numbers marked as such. */
type Reader = (row: number) => string | number | boolean | Date | null;

function textReader(batch: Batch, column: string): Reader {
  const data = columnData(batch, column as never);
  const validity = Validity.of(data);
  const present =
    (read: Reader): Reader =>
    (row) =>
      validity.isValid(row) ? read(row) : null;
  if (DataType.isTimestamp(data.type)) {
    const instants = instantsOf(batch, column as never);
    return present((row) => new Date(instants[row] as number));
  }
  if (DataType.isBool(data.type)) {
    const { values } = booleanView(batch, column as never);
    return present((row) => values[row] === 1);
  }
  if (DataType.isUtf8(data.type) || DataType.isDictionary(data.type)) {
    const strings = stringView(batch, column as never);
    return (row) => strings.get(row);
  }
  const { values } = numberView(batch, column as never);
  return present((row) => values[row] as number);
}

type Maker = (read: Reader, rows: number, reject: (row: number) => void) => Data;

/** Fills numbers; `convert` gives undefined for what has no counterpart. */
function numbers<A extends Float64Array | Int32Array | Uint8Array>(
  values: A,
  read: Reader,
  reject: (row: number) => void,
  convert: (value: NonNullable<ReturnType<Reader>>) => number | undefined,
) {
  const nulls = new ValidityBuilder(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = read(row);
    const converted = value === null ? undefined : convert(value);
    if (converted === undefined) nulls.setNull(row);
    else values[row] = converted;
    if (converted === undefined && value !== null) reject(row);
  }
  return [values, nulls] as const;
}

const numberOf = (value: NonNullable<ReturnType<Reader>>): number | undefined => {
  if (typeof value !== 'string') return Number(value);
  return value.trim() === '' || Number.isNaN(Number(value)) ? undefined : Number(value);
};

const wholeOf = (value: NonNullable<ReturnType<Reader>>): number | undefined => {
  const number = numberOf(value);
  return number !== undefined && number === (number | 0) ? number : undefined;
};

const truthOf = (value: NonNullable<ReturnType<Reader>>): number | undefined => {
  const text = String(value).toLowerCase();
  return text === 'true' || text === '1' ? 1 : text === 'false' || text === '0' ? 0 : undefined;
};

const instantOf = (value: NonNullable<ReturnType<Reader>>): number | undefined => {
  const instant = typeof value === 'string' ? Date.parse(value) : typeof value === 'boolean' ? Number.NaN : Number(value);
  return Number.isFinite(instant) ? Math.floor(instant) : undefined;
};

const MAKERS: { readonly [K in keyof CastTypes]: Maker } = {
  float64: (read, rows, reject) => float64Data(...numbers(new Float64Array(rows), read, reject, numberOf)),
  int32: (read, rows, reject) => int32Data(...numbers(new Int32Array(rows), read, reject, wholeOf)),
  boolean: (read, rows, reject) => booleanData(...numbers(new Uint8Array(rows), read, reject, truthOf)),
  timestamp: (read, rows, reject) => timestampData(...numbers(new Float64Array(rows), read, reject, instantOf)),
  utf8: (read, rows) =>
    utf8Data(
      Array.from({ length: rows }, (_, row) => {
        const value = read(row);
        return value instanceof Date ? instantText(value.getTime()) : value === null ? null : String(value);
      }),
    ),
};

function converting({ lower, factor, divisor, raise }: Conversion): Maker {
  const convert = (value: NonNullable<ReturnType<Reader>>): number | undefined => {
    const number = typeof value === 'boolean' || value instanceof Date ? undefined : numberOf(value);
    return number === undefined ? undefined : ((number - lower) * factor) / divisor + raise;
  };
  return (read, rows, reject) => float64Data(...numbers(new Float64Array(rows), read, reject, convert));
}
