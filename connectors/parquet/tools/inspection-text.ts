import type { ColumnInspection, FileInspection } from './inspect.ts';

/** Row groups and columns listed one by one; beyond, only how many there are. */
const LISTED = 50;

/** An inspection as lines of text. */
export function inspectionText(file: FileInspection): string {
  const groups = file.rowGroups.slice(0, LISTED).map((group, index) => {
    return `  ${index}: ${count(group.rows)} rows, ${size(group.compressedBytes)} (${size(group.uncompressedBytes)} uncompressed)`;
  });
  const lines = [
    `${file.path}: ${count(file.rows)} rows, ${size(file.bytes)}, ${file.rowGroups.length} row groups, written by ${file.createdBy}`,
    '',
    'columns',
    ...file.schema.slice(0, LISTED).map((line) => `  ${line}`),
    ...more(file.schema.length),
    '',
    'column chunks: codec, compressed of uncompressed, nulls, range, encodings',
    ...file.columns.slice(0, LISTED).map(columnLine),
    ...more(file.columns.length),
    '',
    'row groups',
    ...groups,
    ...more(file.rowGroups.length),
  ];
  const metadata = Object.entries(file.metadata).map(([key, value]) => `  ${key}: ${cut(value, 200)}`);
  if (metadata.length > 0) lines.push('', 'metadata', ...metadata);
  if (file.preview.length > 0) lines.push('', 'first rows', ...file.preview.map((row) => `  ${cut(row, 2_000)}`));
  if (file.previewError !== undefined) lines.push('', `no rows can be shown: ${file.previewError}`);
  return lines.join('\n');
}

function columnLine(column: ColumnInspection): string {
  const nulls = column.nullCount === undefined ? 'nulls unknown' : `${count(column.nullCount)} nulls`;
  const range =
    column.minimum === undefined && column.maximum === undefined ? 'no range' : `${column.minimum ?? '?'} to ${column.maximum ?? '?'}`;
  return `  ${column.path}: ${column.codec}, ${size(column.compressedBytes)} of ${size(column.uncompressedBytes)}, ${nulls}, ${range}, ${column.encodings.join(' ')}`;
}

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}...` : text);
const more = (all: number): string[] => (all > LISTED ? [`  and ${count(all - LISTED)} more`] : []);
const count = (number: number): string => number.toLocaleString('en-US');

function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const power = Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${['B', 'KB', 'MB', 'GB'][power]}`;
}
