import { DataType, type Field, Type } from 'apache-arrow';
import { type Batch, batchToIpc } from '../../../columnar/index.ts';
import { THRIFT, ThriftStruct } from '../format/thrift-value.ts';
import type { ColumnPlan } from './packed-rows.ts';

const REQUIRED = 0;
const OPTIONAL = 1;
/** Converted types, which older readers know: UTF8, DATE, TIMESTAMP_MILLIS (and _MICROS after it), UINT_8, INT_8 (and their wider ones). */
const CONVERTED = { utf8: 0, date: 6, timestamp: 9, unsigned: 11, signed: 15 } as const;
const MILLISECOND = 1;
const MICROSECOND = 2;

/**
 * The footer of a file of flat columns, those of a batch without rows, and no row groups: schema, Arrow's own schema, and that minimum and maximum follow the order of the types.
 * Source: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift and LogicalTypes.md there
 */
export function flatFooter(none: Batch, plans: readonly ColumnPlan[]): ThriftStruct {
  const fields = none.schema.fields as readonly Field[];
  const root = new ThriftStruct().setText(4, 'arrow_schema').set(5, THRIFT.i32, fields.length);
  const elements = fields.map((field, column) => schemaElement(field, plans[column] as ColumnPlan));
  const arrow = new ThriftStruct().setText(1, 'ARROW:schema').setText(2, Buffer.from(schemaMessage(none)).toString('base64'));
  return new ThriftStruct()
    .set(1, THRIFT.i32, 1)
    .setStructs(2, [root, ...elements])
    .set(3, THRIFT.i64, 0)
    .setStructs(4, [])
    .setStructs(5, [arrow])
    .setStructs(
      7,
      fields.map(() => new ThriftStruct().set(1, THRIFT.struct, new ThriftStruct())),
    );
}

/** The first message of an Arrow stream: continuation mark, length, and so many bytes. */
function schemaMessage(none: Batch): Uint8Array {
  const stream = batchToIpc(none);
  return stream.subarray(0, 8 + new DataView(stream.buffer, stream.byteOffset).getInt32(4, true));
}

function schemaElement({ name, type }: Field, plan: ColumnPlan): ThriftStruct {
  const element = new ThriftStruct()
    .set(1, THRIFT.i32, plan.physicalType)
    .set(3, THRIFT.i32, plan.isOptional ? OPTIONAL : REQUIRED)
    .setText(4, name);
  const { converted, logical } = meaningOf(type);
  if (converted !== undefined) element.set(6, THRIFT.i32, converted);
  return logical === undefined ? element : element.set(10, THRIFT.struct, logical);
}

interface Meaning {
  readonly converted?: number | undefined;
  readonly logical?: ThriftStruct;
}

/** What values of a physical type stand for, in both of Parquet's ways to say it. */
function meaningOf(type: DataType): Meaning {
  if (DataType.isDictionary(type) || type.typeId === Type.Utf8) return { converted: CONVERTED.utf8, logical: union(1, new ThriftStruct()) };
  if (DataType.isDate(type)) return { converted: CONVERTED.date, logical: union(6, new ThriftStruct()) };
  if (DataType.isTimestamp(type)) {
    const isInstant = typeof type.timezone === 'string';
    return {
      converted: isInstant ? olderUnit(type.unit) : undefined,
      logical: union(8, timeOf(type.unit, isInstant)),
    };
  }
  return DataType.isInt(type) ? integerMeaning(type.bitWidth, type.isSigned) : {};
}

/** Plain 32- and 64-bit integers are signed anyway. */
function integerMeaning(bits: number, isSigned: boolean): Meaning {
  if (isSigned && bits >= 32) return {};
  const converted = (isSigned ? CONVERTED.signed : CONVERTED.unsigned) + Math.log2(bits / 8);
  return { converted, logical: union(10, new ThriftStruct().set(1, THRIFT.byte, bits).set(2, THRIFT.true, isSigned)) };
}

/** Milliseconds and microseconds; older readers know no nanoseconds. */
const olderUnit = (unit: number): number | undefined =>
  unit === MILLISECOND || unit === MICROSECOND ? CONVERTED.timestamp + unit - 1 : undefined;

const union = (field: number, value: ThriftStruct): ThriftStruct => new ThriftStruct().set(field, THRIFT.struct, value);

/** Whether it is adjusted to UTC, and the unit, whose numbers are Arrow's. */
const timeOf = (unit: number, isInstant: boolean): ThriftStruct =>
  new ThriftStruct().set(1, THRIFT.true, isInstant).set(2, THRIFT.struct, union(unit, new ThriftStruct()));
