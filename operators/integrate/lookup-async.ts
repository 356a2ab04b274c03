import { Schema, type TypeMap } from 'apache-arrow';
import { map, tap } from 'rxjs';
import { z } from 'zod';
import { type Batch, type BatchSchema, type ColumnName, columnData, rolesOf, type StringType, takeRows } from '../../columnar/index.ts';
import { type Duration, duration, MillraceError, mapAsync, type Operator, parseOptions, type StreamBatch } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { keyValues } from '../keys/key-values.ts';
import { eventTimes } from '../rows/event-times.ts';
import { AnswerCache } from './answer-cache.ts';
import { type Joined, joinColumns } from './right-columns.ts';

/** Options of {@link lookupAsync}. */
export const lookupAsyncOptions = z.strictObject({
  key: z.string().describe('column of the stream whose values are asked about'),
  schema: z.custom<BatchSchema>((value) => value instanceof Schema, 'expected a schema').describe('schema of the answers'),
  columns: z.array(z.string()).min(1).describe('columns of the answers to add'),
  prefix: z.string().default('').describe('put before the names of the added columns'),
  size: z.int().min(0).default(10_000).describe('most keys whose answers are kept'),
  ttl: duration().optional().describe('event time after which a key is asked about anew; absent: never'),
  concurrency: z.int().min(1).max(1000).default(4).describe('questions under way at a time'),
  rows: z.int().min(1).max(1_000_000).default(256).describe('most rows whose keys are asked about in one question'),
});

/** Options of {@link lookupAsync} as they are written. */
export interface LookupAsyncOptions<L extends TypeMap, K extends string, R extends TypeMap, C extends string, P extends string> {
  readonly key: K & KeyColumn<L>;
  readonly schema: BatchSchema<R>;
  readonly columns: readonly (C & ColumnName<R>)[];
  readonly prefix?: P;
  readonly size?: number;
  readonly ttl?: Duration;
  readonly concurrency?: number;
  readonly rows?: number;
}

/** What keys of a column are for the function that is asked. */
export type AskedKey<L extends TypeMap, K extends string> = K extends keyof L ? (L[K] extends StringType ? string : number) : never;

/**
 * Adds to every row what a function from outside of the pipeline (a service, a database) says of its key. The function gets different keys that are not in the cache, and resolves to one row of
 * `schema` per key, in their order, with nulls for a key that it does not know.
 *
 * Rows keep their order, and the task waits for the answers before its next batch. What was added to the rows of an epoch is kept with it, so that a re-run after a crash repeats it instead of
 * asking again; the cache itself is no state, and empty after a restart. Answers are kept for the `size` keys used last, and for `ttl` of event time from the row that asked, later or earlier. A null key is
 * not asked about and gets nulls. With `step(..., { onError: 'reject' }, ...)` a question that fails is asked again row by row. Memory: the answers kept.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH, OPERATOR_FAILED when the function rejects or answers another number of rows
 * @example
 * flow(readings, lookupAsync(placesOf, { key: 'station', schema: place, columns: ['city'], ttl: '1d' })); // placesOf: async (ids) => makeBatch(place, [utf8Data(await citiesOf(ids))])
 */
export function lookupAsync<
  L extends TypeMap,
  const K extends string,
  R extends TypeMap,
  const C extends string,
  const P extends string = '',
>(
  ask: (keys: readonly AskedKey<NoInfer<L>, K>[]) => Promise<Batch<R>>,
  options: LookupAsyncOptions<NoInfer<L>, K, R, C, P>,
): Operator<L, Joined<L, R, C, P>> {
  const settings = parseOptions('lookupAsync', lookupAsyncOptions, options);
  const { key, ttl, size, concurrency, rows } = settings;
  const missing = settings.columns.find((column) => !settings.schema.fields.some(({ name }) => name === column));
  if (missing !== undefined)
    throw new MillraceError('INVALID_OPTION', `lookupAsync: the schema of the answers has no column '${missing}'`, {
      hint: `it has ${settings.schema.fields.map(({ name }) => name).join(', ')}`,
    });
  const schema = settings.schema.select(settings.columns as never) as BatchSchema;
  return (source) => {
    const cache = new AnswerCache(ask as never, { size, ttl: ttl ?? Number.POSITIVE_INFINITY });
    const answer = (batch: Batch) => {
      const keys = keyValues(batch, key as never);
      const times = ttl === undefined && rolesOf(batch.schema).eventTime === undefined ? undefined : eventTimes(batch);
      return cache.answer(
        Array.from({ length: batch.numRows }, (_, row) => keys.get(row)),
        times,
        schema,
      );
    };
    const asked = new AskedRows();
    return source.pipe(
      tap((input) => asked.hold(input)),
      mapAsync<L, TypeMap>('lookupAsync', answer as never, { schema, concurrency, rows }),
      map((answers) => {
        const left = asked.rowsOf(answers);
        const batch = joinColumns(left, (name) => columnData(answers.batch, name as never), left.numRows, settings);
        return { ...answers, batch } as StreamBatch<Joined<L, R, C, P>>;
      }),
    );
  };
}

/** Rows that wait for their answers. They come in order, without rows that were rejected. */
class AskedRows {
  readonly #batches: StreamBatch[] = [];
  #at = 0;

  hold(input: StreamBatch): void {
    this.#batches.push(input);
  }

  /** The rows that answers belong to: those of the same places in the stream. */
  rowsOf(answers: StreamBatch): Batch {
    const count = answers.batch.numRows;
    if (count > 0) return this.#match(answers);
    while ((this.#batches[0]?.batch.numRows ?? 0) > 0) this.#drop();
    const empty = this.#batches[0]?.batch as Batch;
    this.#drop();
    return empty;
  }

  #match(answers: StreamBatch): Batch {
    const rows = new Int32Array(answers.batch.numRows);
    for (let row = 0; row < rows.length; row++) {
      while (!this.#isAt(answers.ordinal[row] as number, answers.sub[row] as number)) this.#advance();
      rows[row] = this.#at++;
    }
    return takeRows((this.#batches[0] as StreamBatch).batch, rows);
  }

  #isAt(ordinal: number, sub: number): boolean {
    const { ordinal: ordinals, sub: subs } = this.#batches[0] as StreamBatch;
    return ordinals[this.#at] === ordinal && subs[this.#at] === sub;
  }

  #advance(): void {
    if (++this.#at >= (this.#batches[0]?.batch.numRows ?? 0)) this.#drop();
  }

  #drop(): void {
    this.#batches.shift();
    this.#at = 0;
  }
}
