import {
  ABSENT,
  BooleanColumn,
  bytesOfBase64,
  type ColumnBuilder,
  EXPECTED,
  Int64Column,
  NULL,
  NumberColumn,
  type RowColumns,
  TensorColumn,
  TextColumn,
} from '../columns/index.ts';
import { parseInstant, shorten } from '../values/index.ts';
import type { ObjectLayout } from './object-layout.ts';
import { type JsonNode, jsonText } from './parse-json.ts';

const encoder = new TextEncoder();

/** Fields that are no column: left out, rejected, or put into a column as JSON. */
export type UnknownFields = 'ignore' | 'reject' | TextColumn;

/** Sets a row from a parsed object; returns the reason why it does not fit the schema, or undefined. The row may then be set in part. */
export function assignRow(
  node: JsonNode,
  layout: ObjectLayout,
  columns: RowColumns<never>,
  row: number,
  unknown: UnknownFields,
): string | undefined {
  if (node.kind !== 'object') return `expected an object, found ${describeNode(node)}`;
  const met = new Set<string>();
  const captured: (readonly [string, JsonNode])[] = [];
  for (const [key, value] of node.members) {
    const name = layout.names.indexOf(key);
    if (name < 0) {
      if (unknown === 'reject') return `unknown field ${shorten(key)}`;
      captured.push([key, value]);
      continue;
    }
    if (met.has(key)) return `duplicate key ${shorten(key)}`;
    met.add(key);
    const column = layout.columns[name] as number;
    const child = layout.children[name];
    const reason = child === undefined ? assignValue(value, column, columns, row) : assignChild(key, value, child, columns, row, unknown);
    if (reason !== undefined) return reason;
  }
  if (unknown instanceof TextColumn && captured.length > 0) capture(captured, unknown, row);
  return undefined;
}

function capture(members: readonly (readonly [string, JsonNode])[], column: TextColumn, row: number): void {
  // Lone surrogates stay escapes, as JSON.stringify writes them.
  const bytes = encoder.encode(jsonText({ kind: 'object', members }));
  column.put(row, bytes, 0, bytes.length);
}

function assignChild(
  key: string,
  node: JsonNode,
  layout: ObjectLayout,
  columns: RowColumns<never>,
  row: number,
  unknown: UnknownFields,
): string | undefined {
  // A null parent is an absent one: its columns stay empty.
  if (node.kind === 'null') return undefined;
  if (node.kind !== 'object') return `field ${shorten(key)}: expected an object, found ${describeNode(node)}`;
  // Only fields of the outermost object are captured.
  return assignRow(node, layout, columns, row, unknown instanceof TextColumn ? 'ignore' : unknown);
}

function assignValue(node: JsonNode, column: number, columns: RowColumns<never>, row: number): string | undefined {
  const builder = columns.builders[column] as ColumnBuilder;
  if (node.kind === 'null') {
    builder.state[row] = NULL;
    return undefined;
  }
  if (putNode(node, builder, row)) return undefined;
  builder.state[row] = ABSENT;
  return `column '${columns.names[column]}': expected ${EXPECTED[builder.kind]}, found ${describeNode(node)}`;
}

function putNode(node: JsonNode, builder: ColumnBuilder, row: number): boolean {
  if (node.kind === 'number') return putNumber(node.text, builder, row);
  if (node.kind === 'string') return putString(node.text, builder, row);
  if (node.kind === 'array') return builder instanceof TensorColumn && putList(node.items, builder, row);
  if (node.kind !== 'boolean' || !(builder instanceof BooleanColumn)) return false;
  builder.put(row, node.value);
  return true;
}

function putList(items: readonly JsonNode[], builder: TensorColumn, row: number): boolean {
  const values = items.map((item) => (item.kind === 'number' ? Number(item.text) : Number.NaN));
  return builder.put(row, values);
}

function putNumber(text: string, builder: ColumnBuilder, row: number): boolean {
  if (builder instanceof Int64Column) return builder.put(row, Number(text)) || builder.putDigits(row, text);
  return builder instanceof NumberColumn && builder.put(row, Number(text));
}

function putString(text: string, builder: ColumnBuilder, row: number): boolean {
  if (builder instanceof NumberColumn) {
    const bytes = encoder.encode(text);
    return builder.kind === 'timestamp' && builder.put(row, parseInstant(bytes, 0, bytes.length));
  }
  if (!(builder instanceof TextColumn || builder.kind === 'category')) return false;
  const bytes = builder.kind === 'binary' ? bytesOfBase64(text) : bytesOfText(text);
  if (bytes === undefined) return false;
  builder.put(row, bytes, 0, bytes.length);
  return true;
}

/** A lone surrogate has no UTF-8: keeping it would change the text in silence. */
function bytesOfText(text: string): Uint8Array | undefined {
  return text.isWellFormed() ? encoder.encode(text) : undefined;
}

function describeNode(node: JsonNode): string {
  if (node.kind === 'number') return node.text.length > 40 ? `${node.text.slice(0, 37)}...` : node.text;
  if (node.kind === 'string') return shorten(node.text);
  if (node.kind === 'boolean') return String(node.value);
  if (node.kind === 'null') return 'null';
  return node.kind === 'array' ? 'an array' : 'an object';
}
