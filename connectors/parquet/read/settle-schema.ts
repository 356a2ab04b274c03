import { Field, Schema, type TypeMap } from 'apache-arrow';
import { type BatchSchema, rolesOf, withRoles } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { type Footer, readFooter } from '../format/footer.ts';
import { arrowSchema } from './arrow-schema.ts';
import { type InputFile, naturalSchema } from './column-plan.ts';
import { footerSchema } from './footer-schema.ts';
import type { ColumnCondition, FilterValue } from './row-filter.ts';

/** What the user said about columns. */
export interface SchemaWishes {
  readonly schema?: BatchSchema | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly eventTime?: string | undefined;
  readonly key?: string | undefined;
  readonly where: Readonly<Record<string, ColumnCondition>>;
  readonly since?: FilterValue | undefined;
  readonly until?: FilterValue | undefined;
  readonly engine: 'parquet-wasm' | 'parquetjs';
  files(): readonly InputFile[];
}

/** How the footer of a file is read. */
export type FooterOf = (path: string) => Footer;

/** The schema that a source gives, the one that it decodes (with the filter's columns), and its whole filter. */
export interface SettledSchema<T extends TypeMap = TypeMap> {
  readonly schema: BatchSchema<T>;
  readonly decoded: BatchSchema;
  readonly where: Readonly<Record<string, ColumnCondition>>;
}

/**
 * Settles the schema of a source: the user's, or the first file's, with roles.
 *
 * @throws MillraceError INVALID_OPTION when options contradict each other, SCHEMA_MISMATCH for a column that is not there.
 */
export function settleSchema(wishes: SchemaWishes, footerOf: FooterOf = readFooter): SettledSchema {
  const { schema: given, columns, since, until } = wishes;
  if (given !== undefined && columns !== undefined)
    throw new MillraceError('INVALID_OPTION', 'parquet: give either schema or columns: the schema already says which columns to read');
  const where = { ...wishes.where };
  const natural = lazily(() => firstFile(wishes, footerOf));
  const schema = withGivenRoles(given ?? natural(columns), wishes);
  const { eventTime } = rolesOf(schema);
  if (since !== undefined || until !== undefined) {
    if (eventTime === undefined)
      throw new MillraceError('INVALID_OPTION', 'parquet: since and until need an event-time column', { hint: 'name it with eventTime' });
    where[eventTime] = {
      ...where[eventTime],
      ...(since === undefined ? {} : { min: since }),
      ...(until === undefined ? {} : { below: until }),
    };
  }
  const extra = Object.keys(where).filter((name) => !schema.fields.some((field) => field.name === name));
  if (extra.length === 0) return { schema, decoded: schema, where };
  return { schema, decoded: new Schema([...schema.fields, ...natural(extra).fields] as never), where };
}

function firstFile(wishes: SchemaWishes, footerOf: FooterOf): (columns: readonly string[] | undefined) => BatchSchema {
  const [file] = wishes.files();
  const footer = footerOf((file as InputFile).path);
  const schema = footerSchema(footer) ?? arrowSchema(footer);
  return (columns) => naturalSchema(file as InputFile, schema, columns);
}

function lazily(
  make: () => (columns: readonly string[] | undefined) => BatchSchema,
): (columns: readonly string[] | undefined) => BatchSchema {
  let made: ReturnType<typeof make> | undefined;
  return (columns) => {
    made ??= make();
    return made(columns);
  };
}

/** The event time orders and dates every row, so it is required. */
function withGivenRoles(schema: BatchSchema, wishes: SchemaWishes): BatchSchema {
  const roles = rolesOf(schema);
  const eventTime = wishes.eventTime ?? roles.eventTime;
  const key = wishes.key ?? roles.key;
  for (const name of [eventTime, key]) {
    if (name !== undefined && !schema.fields.some((field) => field.name === name))
      throw new MillraceError('INVALID_OPTION', `parquet: there is no column '${name}'`, {
        hint: `columns: ${schema.fields.map((field) => field.name).join(', ')}`,
      });
  }
  const fields = schema.fields.map((field) =>
    field.name === eventTime ? new Field(field.name, field.type, false, field.metadata) : field,
  );
  return withRoles(
    new Schema(fields as never, schema.metadata) as BatchSchema,
    { ...(eventTime && { eventTime }), ...(key && { key }) } as never,
  );
}
