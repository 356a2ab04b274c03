import type { TypeMap } from 'apache-arrow';
import { type Batch, type BatchSchema, columnData, concatBatches, emptyBatch, makeBatch, takeData } from '../../columnar/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { Key } from '../keys/key-column-data.ts';

/** One question: the rows that answer its keys, in their order. */
type Ask<R extends TypeMap> = (keys: readonly NonNullable<Key>[]) => Promise<Batch<R>>;

interface Entry<R extends TypeMap> {
  readonly answer: Promise<Batch<R>>;
  readonly row: number;
  /** Event time of the row that asked. */
  readonly askedAt: number;
}

/** What is known of keys: the answers used last, for a span of event time. A key that is being asked about is not asked about again. */
export class AnswerCache<R extends TypeMap> {
  readonly #ask: Ask<R>;
  readonly #limits: { readonly size: number; readonly ttl: number };
  /** The entry used longest ago comes first. */
  readonly #entries = new Map<NonNullable<Key>, Entry<R>>();

  constructor(ask: Ask<R>, limits: { readonly size: number; readonly ttl: number }) {
    this.#ask = ask;
    this.#limits = limits;
  }

  /** The columns of `schema` for every key; null keys get nulls. */
  async answer(keys: readonly Key[], times: Float64Array | undefined, schema: BatchSchema<R>): Promise<Batch<R>> {
    const entries = this.#entriesOf(keys, times);
    const answers = new Map<Promise<Batch<R>>, { readonly batch: Batch<R>; readonly first: number }>();
    let rows = 0;
    for (const answer of new Set(entries.flatMap((entry) => (entry === undefined ? [] : [entry.answer])))) {
      const batch = await answer;
      answers.set(answer, { batch, first: rows });
      rows += batch.numRows;
    }
    const wanted = Int32Array.from(entries, (entry) => (entry === undefined ? -1 : (answers.get(entry.answer)?.first ?? 0) + entry.row));
    const all = [...answers.values()].map(({ batch }) => batch);
    const names = schema.fields.map((field) => field.name as never);
    // Without any answer the rows are null keys alone, which take nulls of a column without rows.
    const known = all.length === 0 ? emptyBatch(schema) : concatBatches(all);
    return makeBatch(
      schema,
      names.map((name) => takeData(columnData(known, name), wanted)),
      keys.length,
    );
  }

  /** One entry per key; keys without one are asked about together. */
  #entriesOf(keys: readonly Key[], times: Float64Array | undefined): readonly (Entry<R> | undefined)[] {
    const missing = new Map<NonNullable<Key>, number>();
    const found = keys.map((key, row) => {
      if (key === null || missing.has(key)) return undefined;
      const entry = this.#fresh(key, times?.[row] ?? 0);
      if (entry === undefined) missing.set(key, times?.[row] ?? 0);
      return entry;
    });
    if (missing.size === 0) return found;
    const asked = this.#askAll(missing);
    return keys.map((key, row) => found[row] ?? (key === null ? undefined : asked.get(key)));
  }

  #fresh(key: NonNullable<Key>, time: number): Entry<R> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || Math.abs(time - entry.askedAt) > this.#limits.ttl) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  #askAll(missing: ReadonlyMap<NonNullable<Key>, number>): ReadonlyMap<Key, Entry<R>> {
    const keys = [...missing.keys()];
    const answer = this.#checked(keys);
    const asked = new Map(keys.map((key, row) => [key, { answer, row, askedAt: missing.get(key) as number }]));
    for (const [key, entry] of asked) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.size) break;
      this.#entries.delete(key);
    }
    // A question that failed is asked again when the key comes again.
    answer.catch(() => {
      for (const [key, entry] of asked) if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return asked;
  }

  async #checked(keys: readonly NonNullable<Key>[]): Promise<Batch<R>> {
    const batch = await this.#ask(keys);
    if (batch.numRows === keys.length) return batch;
    throw new MillraceError('OPERATOR_FAILED', `${keys.length} keys were asked about, ${batch.numRows} rows answered`, {
      hint: 'answer one row per key, in the order of the keys; a row of nulls for a key that is not there',
    });
  }
}
