import { type Data, DataType, Field, type RecordBatch, Schema } from 'apache-arrow';
import { type BatchSchema, category, emptyBatch, takeData } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { type ColumnAdapter, columnAdapter, naturalType } from './adapt-column.ts';
import { partitionValue } from './partition-column.ts';

/** A file to read, with the columns that its folders name (`year=2024`). */
export interface InputFile {
  readonly path: string;
  readonly partition: ReadonlyMap<string, string>;
}

/** How the columns of one file become those of the wanted schema. */
export interface ColumnPlan {
  /** Top-level columns to decode, in the file's order. */
  readonly read: readonly string[];
  /** Their fields as the file has them. */
  readonly fields: readonly Field[];
  /** One per wanted field. */
  columns(decoded: RecordBatch): Data[];
}

/** The schema in which files are read when the user gives none: the first file's columns, then those that its folders name. */
export function naturalSchema(file: InputFile, { fields, metadata }: Schema, wanted: readonly string[] | undefined): BatchSchema {
  const all = [
    ...fields.filter((field) => !file.partition.has(field.name)).map((field) => field.clone({ type: naturalType(field.type) })),
    ...[...file.partition.keys()].map((name) => new Field(name, category().type, true)),
  ];
  const chosen = wanted?.map(
    (name) =>
      all.find((field) => field.name === name) ??
      missing(
        file.path,
        name,
        all.map((field) => field.name),
      ),
  );
  // Of the metadata only ours is kept: the roles that an archive wrote.
  return new Schema((chosen ?? all) as never, new Map([...metadata].filter(([name]) => name.startsWith('millrace.'))));
}

function missing(path: string, name: string, names: readonly string[]): never {
  throw new MillraceError('SCHEMA_MISMATCH', `'${path}' has no column '${name}'`, { hint: `its columns are ${listed(names)}` });
}

function listed(names: readonly string[]): string {
  return names.length > 20 ? `${names.slice(0, 20).join(', ')} and ${names.length - 20} more` : names.join(', ');
}

type Supply = (decoded: RecordBatch, columns: readonly string[]) => Data;

/**
 * Plans the columns of a file. A nullable column that the file lacks is null; one that it has and the schema lacks is not read.
 *
 * @throws MillraceError SCHEMA_MISMATCH naming file and column, with the type expected and the one found.
 */
export function planColumns(file: InputFile, found: readonly Field[], wanted: BatchSchema): ColumnPlan {
  const read = new Set<string>();
  const supplies = wanted.fields.map((field): Supply => {
    const value = file.partition.get(field.name);
    if (value !== undefined) return constant(file.path, field, value);
    const [source, ...others] = found.filter((candidate) => candidate.name === field.name);
    if (others.length > 0) unclear(file.path, field.name, `there are ${others.length + 1} columns of this name`);
    if (source !== undefined && DataType.isInterval(source.type))
      unclear(file.path, field.name, 'an interval of months, days and milliseconds, which Arrow has no type for');
    if (source === undefined) {
      if (!field.nullable)
        missing(
          file.path,
          field.name,
          found.map((candidate) => candidate.name),
        );
      return (decoded) => nullColumn(field.type, decoded.numRows);
    }
    read.add(field.name);
    return adapted(field.name, columnAdapter(source.type, field.type) ?? mismatch(file.path, field, source));
  });
  const names = found.map((field) => field.name).filter((name) => read.has(name));
  return {
    read: names,
    fields: found.filter((field) => read.has(field.name)),
    columns: (decoded) => supplies.map((supply) => supply(decoded, names)),
  };
}

const adapted =
  (name: string, adapt: ColumnAdapter): Supply =>
  (decoded, columns) =>
    adapt(decoded.data.children[columns.indexOf(name)] as Data);

function constant(path: string, field: Field, text: string): Supply {
  const value = partitionValue(text, field.type);
  if (value === undefined)
    throw new MillraceError(
      'SCHEMA_MISMATCH',
      `'${path}', column '${field.name}': expected ${field.type}, found '${text}' in the folder's name`,
    );
  return (decoded) => takeData(value, new Int32Array(decoded.numRows));
}

function unclear(path: string, column: string, what: string): never {
  throw new MillraceError('SCHEMA_MISMATCH', `'${path}', column '${column}': ${what}`, { hint: 'name the columns to read, without it' });
}

function mismatch(path: string, expected: Field, found: Field): never {
  throw new MillraceError('SCHEMA_MISMATCH', `'${path}', column '${expected.name}': expected ${expected.type}, found ${found.type}`, {
    hint: 'change the schema, or convert the file',
  });
}

/** A column of nulls. */
export function nullColumn(type: DataType, rows: number): Data {
  const empty = emptyBatch(new Schema([new Field('nothing', type, true)]));
  return takeData(empty.data.children[0] as Data, new Int32Array(rows).fill(-1));
}
