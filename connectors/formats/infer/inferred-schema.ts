import type { TypeMap } from 'apache-arrow';
import {
  type BatchSchema,
  boolean,
  type ColumnSpec,
  category,
  float64,
  int32,
  int64,
  schema,
  timestamp,
  utf8,
} from '../../../columnar/index.ts';
import type { InferredType } from './column-profile.ts';

/** One column as it was inferred. */
export interface InferredColumn {
  readonly name: string;
  readonly type: InferredType;
  /** False when every record seen had a value. */
  readonly nullable: boolean;
  /** Where a nested JSON column lies. */
  readonly path?: string;
}

/** Format and schema that fit a sample. */
export interface InferredSchema {
  readonly format: 'json' | 'combinedLog' | 'syslog' | 'logfmt' | 'csv' | 'text';
  /** Options of the format, such as a delimiter. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly columns: readonly InferredColumn[];
  /** The column that is probably the event time. */
  readonly eventTime: string | undefined;
  /** Records seen, and how many of them fit. */
  readonly records: number;
  readonly fitting: number;
  /** Whether the first record is a header that names the fields. */
  readonly header: boolean;
}

const MAKERS: Readonly<Record<InferredType, () => ColumnSpec>> = { float64, int32, int64, boolean, timestamp, category, utf8 };

/** The typed schema, to decode with at once. */
export function schemaOfInferred(inferred: InferredSchema): BatchSchema {
  const columns = Object.fromEntries(inferred.columns.map(({ name, type, nullable }) => [name, { ...MAKERS[type](), nullable }]));
  return schema(columns as Readonly<Record<string, ColumnSpec>>, { eventTime: inferred.eventTime as never }) as BatchSchema<TypeMap>;
}

/** The same as TypeScript, to be put into a pipeline file. */
export function inferredSource(inferred: InferredSchema, topic: string): string {
  const makers = [...new Set(inferred.columns.map(({ type }) => type))];
  const required = inferred.columns.some(({ name, nullable }) => !nullable && name !== inferred.eventTime) ? ['required'] : [];
  const columns = inferred.columns.map(({ name, type, nullable }) => {
    const maker = nullable || name === inferred.eventTime ? `${type}()` : `required(${type}())`;
    return `    ${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}: ${maker},`;
  });
  const roles = inferred.eventTime === undefined ? [] : [`  { eventTime: ${JSON.stringify(inferred.eventTime)} },`];
  const options = Object.keys(inferred.options).length === 0 ? '' : JSON.stringify(inferred.options);
  return [
    `import { ${[...makers, ...required, 'schema'].sort().join(', ')} } from 'millrace';`,
    `import { ${[inferred.format, 'topic'].sort().join(', ')} } from 'millrace/connectors';`,
    '',
    `// Inferred from ${inferred.records} records, of which ${inferred.fitting} fit.`,
    'const columns = schema(',
    '  {',
    ...columns,
    '  },',
    ...roles,
    ');',
    '',
    `const source = topic(${JSON.stringify(topic)}, { schema: columns, format: ${inferred.format}(${options}) });`,
  ].join('\n');
}
