import {
  Binary,
  Bool,
  type DataType,
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  Int64,
  Schema,
  TimestampMillisecond,
  type TypeMap,
  Utf8,
} from 'apache-arrow';
import type { BatchSchema } from './batch.ts';
import { CATEGORY } from './category-type.ts';
import type { InstantColumn, StringColumn } from './column-types.ts';

/** Declares one column: its Arrow type and whether a row may lack it. */
export interface ColumnSpec<Type extends DataType = DataType> {
  readonly type: Type;
  readonly nullable: boolean;
}

const nullable = <Type extends DataType>(type: Type): ColumnSpec<Type> => ({ type, nullable: true });

/** 64-bit floating point numbers. */
export const float64 = () => nullable(new Float64());
/** 32-bit floating point numbers. */
export const float32 = () => nullable(new Float32());
/** 32-bit signed integers. */
export const int32 = () => nullable(new Int32());
/** 64-bit signed integers, exact. */
export const int64 = () => nullable(new Int64());
/** True or false. */
export const boolean = () => nullable(new Bool());
/** UTF-8 strings, each stored once per row: for text and values that seldom repeat. */
export const utf8 = () => nullable(new Utf8());
/** UTF-8 strings, each distinct value stored once per batch: for names, keys and categories. */
export const category = () => nullable(CATEGORY);
/** Instants in milliseconds since the Unix epoch, UTC. */
export const timestamp = () => nullable(new TimestampMillisecond('UTC') as TimestampMillisecond);
/** Bytes. */
export const binary = () => nullable(new Binary());
/** `size` float32 values per row. */
export const tensor = (size: number) => nullable(new FixedSizeList(size, new Field('item', new Float32(), false)));

/** Marks a column as required: a row without it is rejected. */
export const required = <Type extends DataType>(column: ColumnSpec<Type>): ColumnSpec<Type> => ({ ...column, nullable: false });

/** Which column holds the event time, and which the key by which a stream is partitioned. */
export interface Roles<T extends TypeMap = TypeMap> {
  readonly eventTime?: InstantColumn<T>;
  readonly key?: StringColumn<T>;
}

const EVENT_TIME = 'millrace.eventTime';
const KEY = 'millrace.key';

/**
 * A typed Arrow schema with roles. The type parameter carries column names and types, so a wrong column name does not compile.
 *
 * @example
 * const readings = schema(
 *   { station: required(category()), at: timestamp(), pm25: float64() },
 *   { eventTime: 'at', key: 'station' },
 * );
 */
export function schema<T extends TypeMap>(columns: { readonly [K in keyof T]: ColumnSpec<T[K]> }, roles: Roles<T> = {}): BatchSchema<T> {
  const fields = Object.entries<ColumnSpec>(columns).map(
    ([name, column]) => new Field(name, column.type, column.nullable && name !== roles.eventTime),
  );
  return withRoles(new Schema(fields as never), roles);
}

/** The same columns with other roles. */
export function withRoles<T extends TypeMap>(schema: BatchSchema<T>, roles: Roles<T>): BatchSchema<T> {
  const metadata = new Map(schema.metadata);
  for (const [entry, column] of [
    [EVENT_TIME, roles.eventTime],
    [KEY, roles.key],
  ] as const) {
    if (column === undefined) metadata.delete(entry);
    else metadata.set(entry, column);
  }
  return new Schema(schema.fields, metadata);
}

/** Reads the roles that {@link schema} wrote; a role whose column is gone is gone too. */
export function rolesOf(schema: BatchSchema): { readonly eventTime: string | undefined; readonly key: string | undefined } {
  const present = (name: string | undefined) =>
    name !== undefined && schema.fields.some((field) => field.name === name) ? name : undefined;
  return { eventTime: present(schema.metadata.get(EVENT_TIME)), key: present(schema.metadata.get(KEY)) };
}

/** One line per column: `name: type?`, for error messages, `check` and `infer`. */
export function describeSchema(schema: BatchSchema): readonly string[] {
  const roles = rolesOf(schema);
  return schema.fields.map((field) => {
    const role = field.name === roles.eventTime ? '  (event time)' : field.name === roles.key ? '  (key)' : '';
    return `${field.name}: ${typeName(field.type)}${field.nullable ? '?' : ''}${role}`;
  });
}

function typeName(type: DataType): string {
  if (type instanceof Dictionary) return 'category';
  return String(type);
}
