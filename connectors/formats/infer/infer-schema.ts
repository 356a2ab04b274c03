import type { RecordColumns } from '../../contract/index.ts';
import { type JsonNode, parseJson } from '../json/index.ts';
import { combinedLog, combinedLogSchema, syslog, syslogSchema } from '../logs/index.ts';
import { ColumnProfile } from './column-profile.ts';
import type { InferredColumn, InferredSchema } from './inferred-schema.ts';

/** A format is taken when this share of the sample fits it. */
const ENOUGH = 0.9;
const DELIMITERS = [',', ';', '\t', '|'];

type Guess = InferredSchema | undefined;

/**
 * Infers format and typed schema from sample records: JSON (nested objects too), access log, syslog, logfmt, CSV with or without header, or else plain text. Records that do not fit are counted;
 * a column without a value in one of the others is nullable.
 *
 * @example
 * const inferred = inferSchema(await home.topics.read('readings', 0, 0, 1_000_000));
 * console.log(inferredSource(inferred, { topic: 'readings' }));
 */
export function inferSchema(records: RecordColumns): InferredSchema {
  const lines = linesOf(records);
  const guess = fromJson(lines) ?? fromLog(records, 'combinedLog') ?? fromLog(records, 'syslog') ?? fromLogfmt(lines) ?? fromCsv(lines);
  return guess ?? build('text', lines.length, lines.length, [{ name: 'text', type: 'utf8', nullable: false }]);
}

function linesOf(records: RecordColumns): string[] {
  const decoder = new TextDecoder();
  const lines: string[] = [];
  for (let record = 0; record < records.count; record++) {
    const start = records.valueStart[record] as number;
    const length = records.valueLength[record] as number;
    if (length > 0) lines.push(decoder.decode(records.bytes.subarray(start, start + length)).replace(/\r?\n$/, ''));
  }
  return lines;
}

function build(
  format: InferredSchema['format'],
  records: number,
  fitting: number,
  columns: readonly InferredColumn[],
  more: Partial<InferredSchema> = {},
): InferredSchema {
  const eventTime = columns.find(({ type, nullable }) => type === 'timestamp' && !nullable)?.name;
  return { format, options: {}, columns, eventTime, records, fitting, header: false, ...more };
}

/** Columns by the order in which they were met. */
class Profiles {
  readonly #profiles = new Map<string, ColumnProfile>();

  of(name: string): ColumnProfile {
    let profile = this.#profiles.get(name);
    if (profile === undefined) {
      profile = new ColumnProfile(name);
      this.#profiles.set(name, profile);
    }
    return profile;
  }

  columns(rows: number): InferredColumn[] {
    return [...this.#profiles.values()].map((profile) => ({ name: profile.name, type: profile.type(), nullable: profile.values < rows }));
  }
}

function fromJson(lines: readonly string[]): Guess {
  const profiles = new Profiles();
  let fitting = 0;
  for (const line of lines) {
    const node = objectOf(line);
    if (node === undefined) continue;
    fitting++;
    profileObject(node, '', profiles);
  }
  if (fitting === 0 || fitting < lines.length * ENOUGH) return undefined;
  const columns = profiles.columns(fitting);
  const nested = columns.filter(({ name }) => name.includes('.'));
  const renamed = columns.map((column) =>
    column.name.includes('.') ? { ...column, name: column.name.replaceAll('.', '_'), path: column.name } : column,
  );
  const paths = Object.fromEntries(nested.map(({ name }) => [name.replaceAll('.', '_'), name]));
  return build('json', lines.length, fitting, renamed, { options: nested.length === 0 ? {} : { paths } });
}

function objectOf(line: string): (JsonNode & { kind: 'object' }) | undefined {
  try {
    const node = parseJson(line);
    return node.kind === 'object' ? node : undefined;
  } catch {
    return undefined;
  }
}

function profileObject(node: JsonNode & { kind: 'object' }, prefix: string, profiles: Profiles): void {
  for (const [key, value] of node.members) {
    const name = `${prefix}${key}`;
    if (value.kind === 'object') profileObject(value, `${name}.`, profiles);
    // Lists have no column type yet: they are left out, as unknown fields are.
    else if (value.kind !== 'array') profileScalar(value, profiles.of(name));
  }
}

function profileScalar(node: JsonNode, profile: ColumnProfile): void {
  if (node.kind === 'number') profile.number(node.text);
  else if (node.kind === 'string') profile.string(node.text);
  else if (node.kind === 'boolean') profile.boolean();
}

function fromLog(records: RecordColumns, name: 'combinedLog' | 'syslog'): Guess {
  const [format, schema] = name === 'combinedLog' ? [combinedLog(), combinedLogSchema] : [syslog(), syslogSchema];
  const { batch } = format.decoder(schema as typeof syslogSchema).decode(records);
  if (batch.numRows === 0 || batch.numRows < records.count * ENOUGH) return undefined;
  const columns = schema.fields.map((field, index): InferredColumn => {
    const data = batch.data.children[index];
    return { name: field.name, type: typeOfField(String(field.type)), nullable: (data?.nullCount ?? 1) > 0 };
  });
  return build(name, records.count, batch.numRows, columns, { eventTime: 'at' });
}

function typeOfField(type: string): InferredColumn['type'] {
  if (type.startsWith('Timestamp')) return 'timestamp';
  if (type === 'Int32') return 'int32';
  if (type === 'Int64') return 'int64';
  return type === 'Utf8' ? 'utf8' : 'category';
}

const PAIR = /([^\s="]+)=("(?:[^"\\]|\\.)*"|\S*)/g;

function fromLogfmt(lines: readonly string[]): Guess {
  const profiles = new Profiles();
  let fitting = 0;
  for (const line of lines) {
    const pairs = [...line.matchAll(PAIR)];
    // Prose has an equals sign now and then; logfmt has little else.
    if (pairs.length < 2 || pairs.reduce((sum, [pair]) => sum + pair.length, 0) < line.length * 0.6) continue;
    fitting++;
    for (const [, key, value] of pairs) if (value !== '') profiles.of(key as string).text((value as string).replace(/^"(.*)"$/, '$1'));
  }
  return fitting === 0 || fitting < lines.length * ENOUGH ? undefined : build('logfmt', lines.length, fitting, profiles.columns(fitting));
}

function fromCsv(lines: readonly string[]): Guess {
  for (const delimiter of DELIMITERS) {
    const rows = lines.map((line) => splitCsv(line, delimiter));
    const width = rows[0]?.length ?? 0;
    const fitting = rows.filter((row) => row.length === width);
    if (width < 2 || fitting.length < rows.length * ENOUGH) continue;
    const header = isHeader(rows as [string[], ...string[][]]);
    const names = header ? (rows[0] as string[]) : Array.from({ length: width }, (_, index) => `column${index + 1}`);
    const body = header ? fitting.slice(1) : fitting;
    const profiles = new Profiles();
    for (const name of names) profiles.of(name);
    for (const row of body) {
      for (const [index, value] of row.entries()) if (value !== '') profiles.of(names[index] as string).text(value);
    }
    const options = delimiter === ',' ? {} : { delimiter };
    return build('csv', lines.length, fitting.length, profiles.columns(body.length), { options, header });
  }
  return undefined;
}

function splitCsv(line: string, delimiter: string): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (character === delimiter && !quoted) {
      fields.push(field);
      field = '';
    } else field += character;
  }
  return [...fields, field];
}

/** A header has a distinct name for each field, and no number among them. */
function isHeader([first, ...others]: readonly [readonly string[], ...(readonly string[])[]]): boolean {
  const names = first.every((name) => /^[A-Za-z_][\w .()/%-]*$/.test(name));
  if (!names || new Set(first).size < first.length) return false;
  return others.every((row) => row.some((value, index) => value !== first[index]));
}
