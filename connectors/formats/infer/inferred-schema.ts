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

/** Where the records came from. */
export type InferredPlace = { readonly topic: string } | { readonly file: string };

/** The same as TypeScript, to be put into a pipeline file. */
export function inferredSource(inferred: InferredSchema, place: InferredPlace): string {
  const makers = [...new Set(inferred.columns.map(({ type }) => type))];
  const required = inferred.columns.some(({ name, nullable }) => !nullable && name !== inferred.eventTime) ? ['required'] : [];
  const columns = inferred.columns.map(({ name, type, nullable }) => {
    const maker = nullable || name === inferred.eventTime ? `${type}()` : `required(${type}())`;
    return `    ${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}: ${maker},`;
  });
  const roles = inferred.eventTime === undefined ? [] : [`  { eventTime: ${JSON.stringify(inferred.eventTime)} },`];
  const { names, source } = sourceText(inferred, place);
  return [
    `import { ${[...makers, ...required, 'schema'].sort().join(', ')} } from 'millrace';`,
    `import { ${[...names].sort().join(', ')} } from 'millrace/connectors';`,
    '',
    `// Inferred from ${inferred.records} records, of which ${inferred.fitting} fit.`,
    'const columns = schema(',
    '  {',
    ...columns,
    '  },',
    ...roles,
    ');',
    '',
    `const source = ${source};`,
  ].join('\n');
}

function sourceText(
  { format, options, header }: InferredSchema,
  place: InferredPlace,
): { readonly names: readonly string[]; readonly source: string } {
  const given = Object.keys(options).length === 0 ? '' : JSON.stringify(options);
  const call = (name: string, from: string, rest: string) => `${name}(${JSON.stringify(from)}, { schema: columns${rest} })`;
  if ('topic' in place) return { names: [format, 'topic'], source: call('topic', place.topic, `, format: ${format}(${given})`) };
  if (format !== 'csv') return { names: [format, 'fileSource'], source: call('fileSource', place.file, `, format: ${format}(${given})`) };
  const settings = Object.entries({ ...options, ...(header ? {} : { header: false }) }).map(
    ([name, value]) => `, ${name}: ${JSON.stringify(value)}`,
  );
  return { names: ['csvSource'], source: call('csvSource', place.file, settings.join('')) };
}
