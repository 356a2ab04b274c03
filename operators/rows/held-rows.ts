import { type Data, DataType, type Dictionary, Field, Schema, type TypeMap, type Utf8 } from 'apache-arrow';
import {
  type Batch,
  batchesFromIpc,
  batchToIpc,
  categoryData,
  makeBatch,
  stringView,
  takeRows,
  utf8Data,
  ValidityBuilder,
} from '../../columnar/index.ts';
import { MillraceError, type StateReader, type StateWriter, type StreamBatch } from '../../streams/index.ts';

/** What rows that come out of a snapshot say of their origin: the batch that brought them is gone, and it depended on cuts anyway. */
const FROM_STATE = { source: 'state', partition: 0 } as const;

/**
 * Writes rows that an operator holds back, with their places in the stream. The bytes depend on the rows alone: categories are written as plain strings,
 * because codes and dictionaries depend on how the stream was cut, and so does the origin, which is left out.
 */
export function writeHeldRows(out: StateWriter, held: StreamBatch | undefined): void {
  const rows = held?.batch.numRows ?? 0;
  out.number(rows);
  if (held === undefined || rows === 0) return;
  const plain = withoutDictionaries(held.batch);
  out.strings(plain.categories).bytes(batchToIpc(plain.batch));
  out
    .numbers(held.ordinal)
    .numbers(held.sub)
    .numbers(held.watermark)
    .boolean(held.availableAt !== undefined);
  if (held.availableAt !== undefined) out.numbers(held.availableAt);
}

/** Reads what {@link writeHeldRows} wrote. */
export function readHeldRows<T extends TypeMap>(input: StateReader): StreamBatch<T> | undefined {
  const rows = input.number();
  if (rows === 0) return undefined;
  const categories = input.strings();
  const [plain] = batchesFromIpc(input.bytes());
  if (plain === undefined || plain.numRows !== rows) throw new MillraceError('STATE_INCOMPATIBLE', `state holds no batch of ${rows} rows`);
  const order = { ordinal: input.float64s(), sub: input.int32s(), watermark: input.float64s() };
  const derived = input.boolean() ? { availableAt: input.float64s() } : {};
  return { batch: withDictionaries(plain, categories) as Batch<T>, origin: FROM_STATE, ...order, ...derived };
}

function withoutDictionaries(batch: Batch): { batch: Batch; categories: string[] } {
  const every = Int32Array.from({ length: batch.numRows }, (_, row) => row);
  const copy = takeRows(batch, every);
  const categories: string[] = [];
  const fields: Field[] = [];
  const columns = copy.schema.fields.map((field, index) => {
    const data = copy.data.children[index] as Data;
    const plain = DataType.isDictionary(data.type) ? utf8Data(every.length === 0 ? [] : stringsOf(copy, field.name)) : data;
    if (plain !== data) categories.push(field.name);
    fields.push(new Field(field.name, plain.type, field.nullable));
    return plain;
  });
  return { batch: makeBatch(new Schema(fields as never, copy.schema.metadata), columns, batch.numRows), categories };
}

function stringsOf(batch: Batch, column: string): (string | null)[] {
  const view = stringView(batch, column);
  return Array.from({ length: view.length }, (_, row) => view.get(row));
}

function withDictionaries(batch: Batch, categories: readonly string[]): Batch {
  const fields = [...batch.schema.fields];
  const columns = [...batch.data.children];
  for (const column of categories) {
    const at = fields.findIndex((field) => field.name === column);
    const data = categoriesOf(stringsOf(batch, column));
    columns[at] = data;
    fields[at] = new Field(column, data.type, fields[at]?.nullable ?? true);
  }
  return makeBatch(new Schema(fields as never, batch.schema.metadata), columns, batch.numRows);
}

/** A category column of strings, its dictionary in order of first sight. */
export function categoriesOf(strings: readonly (string | null)[]): Data<Dictionary<Utf8>> {
  const codes = new Map<string, number>();
  const nulls = new ValidityBuilder(strings.length);
  const rows = Int32Array.from(strings, (string, row) => {
    if (string === null) {
      nulls.setNull(row);
      return 0;
    }
    const code = codes.get(string) ?? codes.size;
    codes.set(string, code);
    return code;
  });
  return categoryData(rows, [...codes.keys()], nulls) as Data<Dictionary<Utf8>>;
}
