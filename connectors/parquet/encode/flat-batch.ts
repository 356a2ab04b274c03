import { type Data, DataType } from 'apache-arrow';
import { type Batch, categoryData, KeyInterner, makeBatch, stringView, ValidityBuilder } from '../../../columnar/index.ts';
import { withParquetDates } from './parquet-dates.ts';

/** The batch as our encoder takes it: dates in days, and every dictionary in one piece and without nulls of its own. */
export function flatBatch(batch: Batch): Batch {
  const dated = withParquetDates(batch);
  const { fields } = dated.schema;
  const unusual = fields.map((field, column) => DataType.isDictionary(field.type) && isUnusual(dated.data.children[column] as Data));
  if (!unusual.includes(true)) return dated;
  const columns = fields.map((field, column) => (unusual[column] ? recoded(dated, field.name) : (dated.data.children[column] as Data)));
  return makeBatch(dated.schema, columns, dated.numRows);
}

const isUnusual = ({ dictionary }: Data): boolean =>
  dictionary === undefined || dictionary.data.length !== 1 || (dictionary.data[0] as Data).nullCount > 0;

function recoded(batch: Batch, name: string): Data {
  const strings = stringView(batch, name as never);
  const interner = new KeyInterner();
  const nulls = new ValidityBuilder(batch.numRows);
  const codes = new Int32Array(batch.numRows);
  for (let row = 0; row < codes.length; row++) {
    const text = strings.get(row);
    if (text === null) nulls.setNull(row);
    else codes[row] = interner.intern(text);
  }
  return categoryData(codes, interner.keys, nulls);
}
