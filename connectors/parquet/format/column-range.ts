import type { Footer, RowGroup, SchemaElement } from './footer.ts';

/** A smallest or largest value. */
export type Bound = number | bigint | string;

/** Smallest and largest value of a column chunk: numbers (instants in ms; integers beyond 2^53 as BigInts) or strings; undefined where statistics say nothing usable. */
export interface ColumnRange {
  readonly minimum: Bound | undefined;
  readonly maximum: Bound | undefined;
  readonly allNull: boolean;
}

const UNKNOWN: ColumnRange = { minimum: undefined, maximum: undefined, allNull: false };

/** The range of a top-level column, or of a leaf (its path joined by dots), in a row group, from its statistics. */
export function columnRange(footer: Footer, group: RowGroup, path: string): ColumnRange {
  // A row group lists its chunks in the order of the schema's leaves.
  const own = group.columns.findIndex((candidate) => candidate.root === path && candidate.path === path);
  // A name may hold a dot, and look like the path of a leaf.
  const index = own >= 0 ? own : group.columns.findIndex((candidate) => candidate.path === path);
  const chunk = group.columns[index];
  const leaf = footer.leaves[index];
  if (chunk === undefined || leaf === undefined) return UNKNOWN;
  const decode = valueDecoder(leaf);
  return {
    minimum: safely(decode, chunk.minimum),
    maximum: safely(decode, chunk.maximum),
    allNull: chunk.nullCount !== undefined && chunk.nullCount === chunk.values && group.rows > 0,
  };
}

type Decode = (view: DataView, bytes: Uint8Array) => Bound | undefined;

function safely(decode: Decode | undefined, bytes: Uint8Array | undefined): Bound | undefined {
  if (decode === undefined || bytes === undefined) return undefined;
  try {
    const value = decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), bytes);
    // Writers give -0 as the minimum of zeros, which only says that either zero may occur.
    return value === 0 ? 0 : typeof value === 'number' && Number.isNaN(value) ? undefined : value;
  } catch {
    // Fewer bytes than the type has: such statistics say nothing.
    return undefined;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const DAY = 86_400_000;

/** Only types whose order in Parquet is the order of the decoded values; others give no range. */
function valueDecoder(element: SchemaElement): Decode | undefined {
  const logical = element.thrift.struct(10);
  const converted = element.thrift.number(6);
  switch (element.physicalType) {
    case 0:
      return (view) => view.getUint8(0);
    case 1:
      return int32Decoder(logical?.struct(6) !== undefined || converted === 6, isUnsigned(element), isDecimal(element));
    case 2:
      return isDecimal(element) ? undefined : int64Decoder(unitsPerMillisecond(element), isUnsigned(element));
    case 4:
      return (view) => view.getFloat32(0, true);
    case 5:
      return (view) => view.getFloat64(0, true);
    case 6:
      return logical?.struct(1) !== undefined || converted === 0 || logical?.struct(4) !== undefined ? text : undefined;
    default:
      return undefined;
  }
}

/** UTF-8 orders by code point and JavaScript by UTF-16 unit: beyond ASCII the two differ, so only ASCII bounds are used. */
const text: Decode = (_, bytes) => (bytes.every((byte) => byte < 128) ? utf8.decode(bytes) : undefined);

const int32Decoder =
  (date: boolean, unsigned: boolean, decimal: boolean): Decode =>
  (view) =>
    decimal ? undefined : date ? view.getInt32(0, true) * DAY : unsigned ? view.getUint32(0, true) : view.getInt32(0, true);

/** Instants are rounded down, as the reader rounds the values themselves; exactly, because nanoseconds exceed 2^53. */
const int64Decoder =
  (perMillisecond: bigint | undefined, unsigned: boolean): Decode =>
  (view) => {
    const value = unsigned ? view.getBigUint64(0, true) : view.getBigInt64(0, true);
    if (perMillisecond === undefined) return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    return Number((value - (((value % perMillisecond) + perMillisecond) % perMillisecond)) / perMillisecond);
  };

const isDecimal = (element: SchemaElement) => element.thrift.struct(10)?.struct(5) !== undefined || element.thrift.number(6) === 5;

function isUnsigned(element: SchemaElement): boolean {
  const converted = element.thrift.number(6);
  return element.thrift.struct(10)?.struct(10)?.boolean(2) === false || (converted !== undefined && converted >= 11 && converted <= 14);
}

/** Units of a timestamp in a millisecond; undefined for other types. Times of day are no instants. */
function unitsPerMillisecond(element: SchemaElement): bigint | undefined {
  const unit = element.thrift.struct(10)?.struct(8)?.struct(2);
  const converted = element.thrift.number(6);
  if (unit?.struct(1) !== undefined || converted === 9) return 1n;
  if (unit?.struct(2) !== undefined || converted === 10) return 1_000n;
  return unit?.struct(3) === undefined ? undefined : 1_000_000n;
}
