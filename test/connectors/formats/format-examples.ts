import type { Batch, BatchSchema } from '../../../columnar/index.ts';
import * as columnar from '../../../columnar/index.ts';
import * as connectors from '../../../connectors/index.ts';
import { type Format, json, RecordWriter } from '../../../connectors/index.ts';

/** One line of an example: what goes in, and what comes out. */
export interface ExampleLine {
  readonly input: string;
  readonly output: string;
}

/** A fenced block of docs/formats.md: `decode` shows what records become, `encode` what rows (given as JSON) are written as. */
export interface FormatExample {
  readonly kind: 'decode' | 'encode';
  /** `json() | { a: float64() }` */
  readonly head: string;
  readonly lines: readonly ExampleLine[];
}

/** The examples of a page. */
export function examplesOf(page: string): readonly FormatExample[] {
  return [...page.matchAll(/^```(decode|encode)\n([\s\S]*?)\n```$/gm)].map(([, kind, body]) => {
    const [head = '', ...lines] = (body as string).split('\n');
    return { kind: kind as FormatExample['kind'], head, lines: lines.map(lineOf) };
  });
}

function lineOf(line: string): ExampleLine {
  const [input = '', output = ''] = line.split(/ +=> /);
  return { input, output };
}

/** Runs the lines of an example as one block of records; what comes out, as the page writes it. */
export function runExample({ kind, head, lines }: FormatExample): readonly string[] {
  const { format, columns } = definitionOf(head);
  const inputs = lines.map(({ input }) => unescaped(input));
  return kind === 'decode' ? decoded(format, columns, inputs) : encoded(format, columns, inputs);
}

function definitionOf(head: string): { readonly format: Format; readonly columns: BatchSchema } {
  const [format, columns] = head.split(/ \| /);
  const names = { ...columnar, ...connectors };
  const code = `return { format: ${format}, columns: ${columns?.startsWith('{') ? `schema(${columns})` : columns} }`;
  return new Function(...Object.keys(names), code)(...Object.values(names)) as ReturnType<typeof definitionOf>;
}

/** `␊` stands for a line end within a record, `∅` for a record without value, `\xff` for a byte. */
function unescaped(input: string): Uint8Array | null {
  if (input === '∅') return null;
  const parts = input.replaceAll('␊', '\n').split(/\\x([0-9a-f]{2})/);
  return Buffer.concat(parts.map((part, index) => (index % 2 === 0 ? Buffer.from(part) : Buffer.from([Number.parseInt(part, 16)]))));
}

function recordsOf(values: readonly (Uint8Array | null)[]) {
  const writer = new RecordWriter();
  for (const [row, value] of values.entries()) {
    writer.value(value);
    writer.endRecord({ key: Buffer.from(`k${row}`), timestamp: Date.UTC(2026, 0, 1) });
  }
  return writer.finish();
}

function decoded(format: Format, columns: BatchSchema, inputs: readonly (Uint8Array | null)[]): readonly string[] {
  const { batch, record, rejects } = format.decoder(columns).decode(recordsOf(inputs));
  const outputs = new Map<number, string>(rejects.map(({ record: index, reason }) => [index, `rejected: ${reason}`]));
  record.forEach((index, row) => {
    outputs.set(index, columns.fields.map(({ name }) => `${name as string} ${shown(batch as Batch, name as string, row)}`).join(', '));
  });
  return inputs.map((_, index) => outputs.get(index) ?? 'nothing');
}

function shown(batch: Batch, name: string, row: number): string {
  const value: unknown = batch.getChild(name)?.get(row);
  if (value === null || value === undefined) return 'null';
  const { type } = batch.schema.fields.find((field) => field.name === name) ?? {};
  if (String(type).startsWith('Timestamp')) return new Date(Number(value)).toISOString();
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (typeof value === 'object') return JSON.stringify([...(value as Iterable<number>)]);
  return Object.is(value, -0) ? '-0' : String(value);
}

function encoded(format: Format, columns: BatchSchema, rows: readonly (Uint8Array | null)[]): readonly string[] {
  const { batch, rejects } = json().decoder(columns).decode(recordsOf(rows));
  if (rejects.length > 0) throw new Error(`row ${rejects[0]?.record}: ${rejects[0]?.reason}`);
  const writer = new RecordWriter();
  format.encoder(columns).encode(batch, writer, { key: () => null, timestamp: () => 0 });
  const { bytes, count, valueStart, valueLength } = writer.finish();
  return Array.from({ length: count }, (_, record) => {
    const length = valueLength[record] as number;
    if (length < 0) return '∅';
    const start = valueStart[record] as number;
    return Buffer.from(bytes.subarray(start, start + length))
      .toString()
      .replaceAll('\n', '␊');
  });
}
