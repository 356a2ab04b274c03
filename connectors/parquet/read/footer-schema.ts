import {
  Binary,
  Bool,
  DataType,
  DateDay,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  RecordBatchReader,
  Schema,
  Timestamp,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow';
import type { BatchSchema } from '../../../columnar/index.ts';
import type { Footer, SchemaElement } from '../format/footer.ts';
import { ARROW_SCHEMA } from '../format/library-footer.ts';
import { columnKind, topLevelColumns } from './column-forms.ts';

const REPEATED = 2;

/**
 * The Arrow schema of a file whose columns are all of types that need no conversion; undefined for any other, whose schema the library settles: loading
 * it takes longer than reading a million rows. What a writer kept of its Arrow schema counts as far as Parquet's own types agree.
 */
export function footerSchema(footer: Footer): BatchSchema | undefined {
  const columns = topLevelColumns(footer);
  const kept = keptSchema(footer);
  if (kept === 'unknown' || (kept !== undefined && kept.fields.length !== columns.length)) return undefined;
  const fields: Field[] = [];
  for (const [index, element] of columns.entries()) {
    const type = settled(storedType(element), kept?.fields[index], element);
    if (type === undefined || fields.some(({ name }) => name === element.name)) return undefined;
    fields.push(new Field(element.name, type, element.thrift.number(3) !== 0, kept?.fields[index]?.metadata));
  }
  const own = [...footer.metadata].filter(([name]) => name !== ARROW_SCHEMA);
  return new Schema(fields as never, new Map([...own, ...(kept?.metadata ?? [])]));
}

function keptSchema({ metadata }: Footer): Schema | undefined | 'unknown' {
  const text = metadata.get(ARROW_SCHEMA);
  if (text === undefined) return undefined;
  try {
    return RecordBatchReader.from(new Uint8Array(Buffer.from(text, 'base64'))).open().schema;
  } catch {
    return 'unknown';
  }
}

function settled(stored: DataType | undefined, kept: Field | undefined, element: SchemaElement): DataType | undefined {
  if (stored === undefined || kept === undefined) return stored;
  if (kept.name !== element.name || columnKind(kept.type, element) === undefined) return undefined;
  const isSame = String(kept.type) === String(stored);
  const isCategory = DataType.isDictionary(kept.type) && DataType.isUtf8(stored);
  // Parquet keeps instants in UTC, whichever zone they are shown in.
  const isInstant = DataType.isTimestamp(kept.type) && DataType.isTimestamp(stored) && typeof kept.type.timezone === typeof stored.timezone;
  return isSame || isCategory || isInstant ? kept.type : undefined;
}

/** The type that Parquet's own schema says. */
function storedType(element: SchemaElement): DataType | undefined {
  if (element.thrift.number(3) === REPEATED) return undefined;
  const logical = element.thrift.struct(10);
  const converted = element.thrift.number(6);
  const isPlain = converted === undefined && (logical === undefined || logical.fields.size === 0);
  switch (element.physicalType) {
    case 0:
      return new Bool();
    case 1:
      return isPlain ? new Int32() : (logical?.struct(6) ?? converted === 6) ? new DateDay() : integer(element);
    case 2:
      return isPlain ? new Int64() : (timestamp(element) ?? integer(element));
    case 4:
      return new Float32();
    case 5:
      return new Float64();
    case 6:
      if (isPlain) return new Binary();
      return converted === 0 || logical?.struct(1) !== undefined ? new Utf8() : undefined;
    default:
      return undefined;
  }
}

const SIGNED: Readonly<Record<number, new () => DataType>> = { 8: Int8, 16: Int16, 32: Int32, 64: Int64 };
const UNSIGNED: Readonly<Record<number, new () => DataType>> = { 8: Uint8, 16: Uint16, 32: Uint32, 64: Uint64 };
/** UINT_8 to INT_64 in the order of their numbers. */
const CONVERTED = [Uint8, Uint16, Uint32, Uint64, Int8, Int16, Int32, Int64] as const;

function integer(element: SchemaElement): DataType | undefined {
  const logical = element.thrift.struct(10)?.struct(10);
  const converted = element.thrift.number(6) ?? -1;
  const Type = logical === undefined ? CONVERTED[converted - 11] : (logical.boolean(2) ? SIGNED : UNSIGNED)[logical.number(1) ?? 0];
  const type = Type === undefined ? undefined : new Type();
  return type !== undefined && columnKind(type, element) !== undefined ? type : undefined;
}

function timestamp(element: SchemaElement): DataType | undefined {
  const logical = element.thrift.struct(10)?.struct(8);
  if (logical === undefined) return undefined;
  const unit = [1, 2, 3].find((one) => logical.struct(2)?.struct(one) !== undefined);
  return unit === undefined ? undefined : new Timestamp(unit, logical.boolean(1) ? 'UTC' : null);
}
