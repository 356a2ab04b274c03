import { instantsOf, rolesOf, stringView } from '../../../columnar/index.ts';
import type { RawRecord } from '../../contract/index.ts';
import type { MergedRows } from './merged-rows.ts';
import { rowJson } from './row-json.ts';

const encoder = new TextEncoder();

/** A row of a file as the record that a reject is published with: its JSON text, and file and row as headers. */
export function rawRow(path: string, row: number, offset: number, text: string, key: string | null = null, timestamp = 0): RawRecord {
  return {
    key: key === null ? null : encoder.encode(key),
    value: encoder.encode(text),
    headers: [
      { key: 'millrace.file', value: encoder.encode(path) },
      { key: 'millrace.row', value: encoder.encode(String(row)) },
    ],
    timestamp,
    offset,
  };
}

/** The row at an offset of a batch as a record; undefined when the batch has no such row. */
export function rawRowAt(rows: MergedRows, offset: number, pathOf: (file: number) => string): RawRecord | undefined {
  const at = rows.offset.indexOf(offset);
  if (at < 0) return undefined;
  const { batch } = rows;
  const roles = rolesOf(batch.schema);
  const key = roles.key === undefined ? null : stringView(batch, roles.key as never).get(at);
  const instant = roles.eventTime === undefined ? 0 : (instantsOf(batch, roles.eventTime as never)[at] as number);
  return rawRow(pathOf(rows.file?.[at] ?? rows.first), rows.row[at] as number, offset, rowJson(batch, at), key, instant);
}
