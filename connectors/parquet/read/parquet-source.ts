import { RecordBatchReader, type Schema, type TypeMap } from 'apache-arrow';
import { type Batch, type BatchSchema, rolesOf } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import type { Position, ReadBudget, RejectedRecord, Source, SourceBatch } from '../../contract/index.ts';
import { type Footer, readFooter } from '../format/footer.ts';
import { engineReason, unreadable } from '../format/unreadable.ts';
import { type InputFile, planColumns } from './column-plan.ts';
import { createDecoder, type Decoder } from './decoder.ts';
import type { EngineName } from './engine.ts';
import { FileCursor, timeSpan } from './file-cursor.ts';
import { fileShares } from './file-shares.ts';
import { footerSchema } from './footer-schema.ts';
import { CursorMerge } from './merge-cursors.ts';
import type { MergedRows } from './merged-rows.ts';
import { partitionRange } from './partition-column.ts';
import { rawRow, rawRowAt } from './raw-row.ts';
import type { ChunkPlan } from './row-chunk.ts';
import { compileFilter } from './row-filter.ts';
import type { FooterOf, SettledSchema } from './settle-schema.ts';

/** What a source reads, settled. */
export interface ParquetSourceOptions<T extends TypeMap> {
  readonly name: string;
  readonly engine: EngineName;
  readonly decodeIn: 'worker' | 'caller';
  /** One file after the other, whatever the event times. */
  readonly inOrder?: boolean;
  files(): readonly InputFile[];
  /** May read the first file's footer: not called before the thread that decodes is on its way. */
  settled(footerOf?: FooterOf): SettledSchema<T>;
}

interface OpenedFile {
  readonly file: InputFile;
  readonly footer: Footer;
}

/** Reads Parquet files forwards from a position; see `parquet`. */
export class ParquetSource<T extends TypeMap> implements Source<T> {
  readonly #options: ParquetSourceOptions<T>;
  #decoder: Decoder | undefined;
  #cursors: FileCursor[] = [];
  #merge: CursorMerge | undefined;

  constructor(options: ParquetSourceOptions<T>) {
    this.#options = options;
  }

  get schema(): BatchSchema<T> {
    return this.#options.settled().schema;
  }

  async open(partition: number, position: Position | undefined): Promise<void> {
    if (partition !== 0) throw new MillraceError('INVALID_OPTION', `'${this.#options.name}' has one partition, not partition ${partition}`);
    const files = this.#options.files();
    refuseUnknown(this.#options.name, files, Object.keys(position ?? {}));
    const decoder = createDecoder(this.#options.engine, this.#options.decodeIn);
    this.#decoder = decoder;
    const footerOf = footersOnce();
    const { schema } = this.#options.settled(footerOf);
    const eventTime = this.#options.inOrder ? undefined : rolesOf(schema).eventTime;
    const opened: { footer: Footer; plan: ChunkPlan; start: number }[] = [];
    for (const file of files) {
      const footer = footerOf(file.path);
      const start = position?.[file.path] ?? 0;
      if (start > footer.rows)
        throw unreadable(file.path, `it has ${footer.rows} rows, but ${start} were read before`, {
          hint: 'it was replaced; begin anew with --fresh',
        });
      const plan = await this.#planOf(decoder, { file, footer }, files.length > 1 ? eventTime : undefined);
      opened.push({ footer, plan, start });
    }
    // Of all rows, not of those that are left: a run that is resumed cuts chunks as the one before did.
    const shares = fileShares(opened.flatMap(({ plan, footer }) => timeSpan(plan, footer) ?? []));
    this.#cursors = opened.map(({ footer, plan, start }) => new FileCursor(decoder, footer, plan, start, shares));
    this.#merge = new CursorMerge(this.#cursors, schema, eventTime !== undefined);
  }

  async next(budget: ReadBudget): Promise<SourceBatch<T> | 'idle' | 'end'> {
    const merge = this.#merge;
    if (merge === undefined) throw new MillraceError('INTERNAL', `'${this.#options.name}' is read before it is opened`);
    const rows = await merge.next(budget);
    // A re-run stops at `until`; rows wait beyond it, so this is not the end.
    if (rows === 'until') return 'idle';
    return rows === 'end' ? 'end' : this.#sourceBatch(rows, merge.waiting);
  }

  async close(): Promise<void> {
    const decoder = this.#decoder;
    this.#decoder = undefined;
    this.#merge = undefined;
    for (const cursor of this.#cursors.splice(0)) await cursor.settle();
    await decoder?.end();
  }

  async #planOf(decoder: Decoder, { file, footer }: OpenedFile, mergeBy: string | undefined): Promise<ChunkPlan> {
    const { engine } = this.#options;
    const { decoded, where } = this.#options.settled();
    const known = engine === 'parquet-wasm' ? footerSchema(footer) : undefined;
    const found = known ?? schemaOfIpc(await openFile(decoder, file.path));
    const columns = planColumns(file, found.fields, decoded);
    return {
      schema: this.schema,
      decoded,
      columns,
      filter: compileFilter(decoded, where),
      mergeBy,
      partitionRange: (column) => {
        const text = file.partition.get(column);
        const type = decoded.fields.find((field) => field.name === column)?.type;
        return text === undefined || type === undefined ? undefined : partitionRange(text, type);
      },
    };
  }

  #sourceBatch(rows: MergedRows, lag: number): SourceBatch<T> {
    const batch = rows.batch as Batch<T>;
    const source = this.#source;
    const rejects = rows.rejects.map(
      (reject): RejectedRecord => ({
        source,
        partition: 0,
        reason: reject.reason,
        record: rawRow(this.#pathOf(reject.file), reject.row, reject.offset, reject.text),
      }),
    );
    return {
      batch,
      source,
      partition: 0,
      offset: rows.offset,
      records: batch.numRows + rejects.length,
      rejects,
      position: Object.fromEntries(this.#cursors.map((cursor) => [cursor.footer.path, cursor.position])),
      lag,
      bytes: rows.bytes,
      rawRecord: (offset) => rawRowAt(rows, offset, (file) => this.#pathOf(file)),
    };
  }

  /** One file goes by its own name; several are one stream under the name of the whole. */
  get #source(): string {
    return this.#cursors.length === 1 ? this.#pathOf(0) : this.#options.name;
  }

  #pathOf(file: number): string {
    return this.#cursors[file]?.footer.path ?? this.#options.name;
  }
}

/** @throws MillraceError FILE_UNREADABLE when a file that was read before is gone */
export function refuseUnknown(name: string, files: readonly InputFile[], read: readonly string[]): void {
  const gone = read.filter((path) => !files.some((file) => file.path === path));
  if (gone.length === 0) return;
  throw unreadable(gone[0] as string, `it was read before as part of '${name}' and is gone`, {
    hint: 'put it back, or begin anew with --fresh',
  });
}

/** Large ones take a while: what settles the schema is not read again when its file is opened. */
function footersOnce(): FooterOf {
  const footers = new Map<string, Footer>();
  return (path) => {
    const footer = footers.get(path) ?? readFooter(path);
    footers.set(path, footer);
    return footer;
  };
}

async function openFile(decoder: Decoder, path: string): Promise<Uint8Array> {
  try {
    return await decoder.open(path);
  } catch (thrown) {
    throw unreadable(path, engineReason(thrown), { cause: thrown });
  }
}

function schemaOfIpc(bytes: Uint8Array): Schema {
  return RecordBatchReader.from(bytes).open().schema;
}
