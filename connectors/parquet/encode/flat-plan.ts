import { DataType, DateUnit, type Field, Type } from 'apache-arrow';
import type { BatchSchema } from '../../../columnar/index.ts';
import type { Encoding } from './encoding.ts';
import type { ColumnPlan, ValueLayout, WordOrder } from './packed-rows.ts';

/** Parquet's numbers of physical types. */
const PHYSICAL = { boolean: 0, int32: 1, int64: 2, float: 4, double: 5, bytes: 6 } as const;

type TypePlan = Pick<ColumnPlan, 'layout' | 'physicalType'> & { readonly order?: WordOrder };

/** How those columns of a schema are encoded that are flat and of types that we know; the others are left to the library. */
export function flatPlans(schema: BatchSchema, { dictionary }: Pick<Encoding, 'dictionary'>): readonly ColumnPlan[] {
  const plans: ColumnPlan[] = [];
  for (const field of schema.fields as readonly Field[]) {
    const known = typePlan(field.type);
    if (known === undefined) continue;
    const wanted = dictionaryOf(field, known.layout, dictionary);
    // Strings that came by code, but are not wanted so, would have to be written out first.
    if (known.layout === 'codes' && wanted === 'never') continue;
    plans.push({ name: field.name, ...known, isOptional: field.nullable, dictionary: wanted });
  }
  return plans;
}

function dictionaryOf({ name }: Field, layout: ValueLayout, wanted: Encoding['dictionary']): ColumnPlan['dictionary'] {
  const isText = layout === 'text' || layout === 'codes';
  if (layout === 'bits' || wanted === 'none') return 'never';
  if (wanted === 'all') return 'always';
  if (wanted === 'auto') return 'sample';
  if (wanted === 'strings') return isText ? 'sample' : 'never';
  return wanted.includes(name) ? 'always' : 'never';
}

function typePlan(type: DataType): TypePlan | undefined {
  if (DataType.isBool(type)) return { layout: 'bits', physicalType: PHYSICAL.boolean };
  if (DataType.isInt(type)) return integerPlan(type.bitWidth, type.isSigned);
  if (DataType.isFloat(type)) return floatPlan(type.precision);
  if (DataType.isTimestamp(type)) return type.unit === 0 ? undefined : integerPlan(64, true);
  if (DataType.isDate(type)) return type.unit === DateUnit.DAY ? integerPlan(32, true) : undefined;
  if (type.typeId === Type.Utf8 || type.typeId === Type.Binary) return { layout: 'text', physicalType: PHYSICAL.bytes };
  if (!DataType.isDictionary(type) || type.dictionary.typeId !== Type.Utf8) return undefined;
  return DataType.isInt(type.indices) && type.indices.bitWidth <= 32 ? { layout: 'codes', physicalType: PHYSICAL.bytes } : undefined;
}

function integerPlan(bits: number, isSigned: boolean): TypePlan {
  if (bits === 64) return { layout: 'words8', physicalType: PHYSICAL.int64, order: isSigned ? 'i64' : 'u64' };
  return { layout: 'words4', physicalType: PHYSICAL.int32, order: isSigned ? 'i32' : 'u32' };
}

function floatPlan(precision: number): TypePlan | undefined {
  if (precision === 1) return { layout: 'words4', physicalType: PHYSICAL.float, order: 'f32' };
  return precision === 2 ? { layout: 'words8', physicalType: PHYSICAL.double, order: 'f64' } : undefined;
}
