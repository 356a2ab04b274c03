import { MillraceError } from '../../../streams/index.ts';
import { type Bound, columnRange } from '../format/column-range.ts';
import { type Footer, readFooter } from '../format/footer.ts';
import { ARROW_SCHEMA } from '../format/library-footer.ts';
import { parquet } from '../parquet.ts';
import { arrowSchema } from '../read/arrow-schema.ts';
import { rowWriter } from '../read/row-json.ts';

/** A leaf column over all row groups. */
export interface ColumnInspection {
  /** Path in the schema, joined by dots. */
  readonly path: string;
  readonly codec: string;
  readonly encodings: readonly string[];
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  /** Undefined where statistics do not say. */
  readonly nullCount: number | undefined;
  readonly minimum: Bound | undefined;
  readonly maximum: Bound | undefined;
}

/** What `millrace inspect` shows of a Parquet file. */
export interface FileInspection {
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
  readonly createdBy: string;
  /** `name: type?` per top-level column, as Arrow types. */
  readonly schema: readonly string[];
  readonly columns: readonly ColumnInspection[];
  readonly rowGroups: readonly { readonly rows: number; readonly compressedBytes: number; readonly uncompressedBytes: number }[];
  /** Key-value metadata; the Arrow schema, which is binary, is left out. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The first rows as JSON. */
  readonly preview: readonly string[];
  /** Why there are none, where they cannot be read. */
  readonly previewError?: string;
}

/**
 * Describes a Parquet file: schema, row groups, statistics, codecs and the first rows.
 *
 * @throws MillraceError FILE_UNREADABLE
 * @example
 * console.log(inspectionText(await inspectParquet('readings.parquet', { preview: 3 })));
 */
export async function inspectParquet(path: string, options: { readonly preview?: number } = {}): Promise<FileInspection> {
  const footer = readFooter(path);
  return {
    path,
    bytes: footer.fileBytes,
    rows: footer.rows,
    createdBy: footer.createdBy,
    schema: arrowSchema(footer).fields.map((field) => `${field.name}: ${field.type}${field.nullable ? '?' : ''}`),
    columns: (footer.rowGroups[0]?.columns ?? []).map((_, column) => inspectColumn(footer, column)),
    rowGroups: footer.rowGroups.map((group) => ({
      rows: group.rows,
      compressedBytes: sum(group.columns.map((chunk) => chunk.compressedBytes)),
      uncompressedBytes: sum(group.columns.map((chunk) => chunk.uncompressedBytes)),
    })),
    metadata: Object.fromEntries([...footer.metadata].filter(([key]) => key !== ARROW_SCHEMA)),
    ...(await firstRows(path, options.preview ?? 5)),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function inspectColumn(footer: Footer, column: number): ColumnInspection {
  const chunks = footer.rowGroups.flatMap((group) => group.columns[column] ?? []);
  const path = chunks[0]?.path ?? '';
  const ranges = footer.rowGroups.filter((group) => group.rows > 0).map((group) => columnRange(footer, group, path));
  const known = ranges.filter((range) => !range.allNull);
  const least = (left: Bound, right: Bound) => (right < left ? right : left);
  const greatest = (left: Bound, right: Bound) => (right > left ? right : left);
  const all = (values: readonly (Bound | undefined)[], pick: typeof least) =>
    values.length === 0 || values.includes(undefined) ? undefined : (values as Bound[]).reduce(pick);
  return {
    path,
    codec: [...new Set(chunks.map((chunk) => chunk.codec))].join(', '),
    encodings: [...new Set(chunks.flatMap((chunk) => chunk.encodings))],
    compressedBytes: sum(chunks.map((chunk) => chunk.compressedBytes)),
    uncompressedBytes: sum(chunks.map((chunk) => chunk.uncompressedBytes)),
    nullCount: chunks.some((chunk) => chunk.nullCount === undefined) ? undefined : sum(chunks.map((chunk) => chunk.nullCount as number)),
    minimum: all(
      known.map((range) => range.minimum),
      least,
    ),
    maximum: all(
      known.map((range) => range.maximum),
      greatest,
    ),
  };
}

/** Rows that cannot be read, damaged ones say, do not hide what the footer tells. */
async function firstRows(path: string, rows: number): Promise<Pick<FileInspection, 'preview' | 'previewError'>> {
  if (rows === 0) return { preview: [] };
  const source = parquet(path).create();
  try {
    await source.open(0, undefined);
    const first = await source.next({ rows, bytes: Number.MAX_SAFE_INTEGER });
    if (typeof first === 'string') return { preview: [] };
    const text = rowWriter(first.batch);
    return { preview: Array.from({ length: first.batch.numRows }, (_, row) => text(row)) };
  } catch (thrown) {
    return { preview: [], previewError: MillraceError.from(thrown, 'FILE_UNREADABLE').describe() };
  } finally {
    await source.close();
  }
}
