import { type Batch, instantsOf, rolesOf } from '../../columnar/index.ts';
import { MillraceError } from '../../streams/index.ts';

/** The event time of every row in ms since the epoch, by the schema's event-time role or the column named; into `memory`, where that is given. */
export function eventTimes(batch: Batch, column = rolesOf(batch.schema).eventTime, memory?: Float64Array): Float64Array {
  if (column === undefined) {
    throw new MillraceError('SCHEMA_MISMATCH', 'the stream has no event time', {
      hint: "declare it where the schema is made: schema({ at: timestamp(), ... }, { eventTime: 'at' })",
    });
  }
  return instantsOf(batch, column, memory);
}
