import { DataType, DateUnit, type Field, Type } from 'apache-arrow';
import type { ColumnKind } from '../decode/column-part.ts';
import type { ColumnForm } from '../decode/flat-column.ts';
import type { Footer, SchemaElement } from '../format/footer.ts';

/** How the columns asked for are decoded from pages; undefined unless all of them are flat and of types that need no conversion. */
export function columnForms(footer: Footer, fields: readonly Field[]): readonly ColumnForm[] | undefined {
  const elements = topLevelColumns(footer);
  const forms: ColumnForm[] = [];
  for (const field of fields) {
    const [element, ...others] = elements.filter(({ name }) => name === field.name);
    if (element === undefined || others.length > 0 || element.physicalType === undefined) return undefined;
    const repetition = element.thrift.number(3);
    const kind = columnKind(field.type, element);
    if (kind === undefined || repetition === REPEATED) return undefined;
    forms.push({ kind, isOptional: repetition === OPTIONAL });
  }
  return forms;
}

const OPTIONAL = 1;
const REPEATED = 2;
const PHYSICAL = { boolean: 0, int32: 1, int64: 2, float: 4, double: 5, bytes: 6 } as const;

/** The children of the schema's root. */
export function topLevelColumns({ schema }: Footer): readonly SchemaElement[] {
  const children: SchemaElement[] = [];
  for (let at = 1; at < schema.length; at = afterSubtree(schema, at)) children.push(schema[at] as SchemaElement);
  return children;
}

function afterSubtree(schema: readonly SchemaElement[], at: number): number {
  let next = at + 1;
  for (let open = schema[at]?.children ?? 0; open > 0 && next < schema.length; open--, next++) open += schema[next]?.children ?? 0;
  return next;
}

/** How a leaf column is decoded as values of an Arrow type; undefined when they would have to be converted. */
export function columnKind(type: DataType, element: SchemaElement): ColumnKind | undefined {
  switch (element.physicalType) {
    case PHYSICAL.boolean:
      return DataType.isBool(type) ? 'bits' : undefined;
    case PHYSICAL.int32:
      return int32Kind(type);
    case PHYSICAL.int64:
      return (DataType.isInt(type) && type.bitWidth === 64) || isStoredTimestamp(type, element) ? 'words8' : undefined;
    case PHYSICAL.float:
      return DataType.isFloat(type) && type.precision === 1 ? 'words4' : undefined;
    case PHYSICAL.double:
      return DataType.isFloat(type) && type.precision === 2 ? 'words8' : undefined;
    case PHYSICAL.bytes:
      return bytesKind(type);
    default:
      return undefined;
  }
}

function int32Kind(type: DataType): ColumnKind | undefined {
  if (DataType.isDate(type)) return type.unit === DateUnit.DAY ? 'words4' : undefined;
  if (!DataType.isInt(type)) return undefined;
  return ({ 8: 'int8', 16: 'int16', 32: 'words4' } as const)[type.bitWidth as 8 | 16 | 32];
}

function bytesKind(type: DataType): ColumnKind | undefined {
  if (type.typeId === Type.Utf8) return 'text';
  if (type.typeId === Type.Binary) return 'bytes';
  if (!DataType.isDictionary(type) || type.dictionary.typeId !== Type.Utf8) return undefined;
  return String(type.indices) === 'Int32' ? 'codes' : undefined;
}

/** Whether the file keeps the timestamps in the unit of the type: Parquet has no seconds, and stores them as milliseconds. */
function isStoredTimestamp(type: DataType, element: SchemaElement): boolean {
  if (!DataType.isTimestamp(type)) return false;
  const unit = element.thrift.struct(10)?.struct(8)?.struct(2);
  const converted = element.thrift.number(6);
  if (unit === undefined) return (converted === 9 && type.unit === 1) || (converted === 10 && type.unit === 2);
  return unit.struct(type.unit) !== undefined;
}
