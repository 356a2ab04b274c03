import { type Data, Field, Schema } from 'apache-arrow';
import { type Batch, makeBatch, takeData } from '../../columnar/index.ts';
import { MillraceError, type StepContext } from '../../streams/index.ts';

/** Gives rows that were held the columns of the batches that come now. */
export type RefitRows = (held: Batch, like: Batch) => Batch;

/**
 * Where the user starts from a savepoint, rows that a step holds may be of a stream whose columns have changed since: columns are matched by name, those that the rows do not have are null in
 * them, those that are no more are dropped, and the user is told. Undefined elsewhere: other columns are an error then.
 *
 * @param whose what the rows are, for the user: `left rows`
 */
export function refitting({ id, refitted }: Pick<StepContext, 'id' | 'refitted'>, adopts: boolean, whose: string): RefitRows | undefined {
  if (!adopts) return undefined;
  return (held, like) => {
    const [had, has] = [held, like].map(({ schema }) => schema.fields.map(({ name }) => name)) as [string[], string[]];
    const added = has.filter((name) => !had.includes(name));
    const dropped = had.filter((name) => !has.includes(name));
    if (added.length > 0) refitted?.(`${held.numRows} ${whose} held have no ${added.join(', ')}: null`);
    if (dropped.length > 0) refitted?.(`${held.numRows} ${whose} held lose ${dropped.join(', ')}`);
    return refit(held, like, `the ${whose} that step '${id}' holds`);
  };
}

/** Throws STATE_INCOMPATIBLE when a column has another type. */
function refit(held: Batch, like: Batch, whose: string): Batch {
  const columns: Data[] = [];
  const fields = like.schema.fields.map((field, index) => {
    const at = held.schema.fields.findIndex(({ name }) => name === field.name);
    const data = held.data.children[at];
    const fits = data !== undefined && String(data.type) === String(field.type);
    if (data !== undefined && !fits && data.nullCount < data.length) {
      throw new MillraceError('STATE_INCOMPATIBLE', `${whose} have column '${field.name}' as ${data.type}, now it is ${field.type}`, {
        hint: 'give the column its old type, or begin this step anew with --reset-steps',
      });
    }
    columns.push(fits ? data : takeData(like.data.children[index] as Data, new Int32Array(held.numRows).fill(-1)));
    return new Field(field.name, field.type, field.nullable || !fits);
  });
  return makeBatch(new Schema(fields as never, like.schema.metadata), columns, held.numRows);
}
