import { type Data, DataType, type TimestampMillisecond } from 'apache-arrow';
import { type Batch, ColumnError, columnData, instantsOf, rolesOf } from '../../columnar/index.ts';
import { MillraceError } from '../../streams/index.ts';

/** The event time of every row in ms since the epoch, by the schema's event-time role or the column named; into `memory`, where that is given. */
export function eventTimes(batch: Batch, column = eventTimeColumn(batch), memory?: Float64Array): Float64Array {
  return instantsOf(batch, column, memory);
}

/** The column of the event times, in whatever unit it is. */
export function eventTimeData(batch: Batch): Data<TimestampMillisecond> {
  const name = eventTimeColumn(batch);
  const data = columnData(batch, name);
  if (!DataType.isTimestamp(data.type)) throw new ColumnError(`column '${name}' is ${data.type}, not a timestamp`);
  return data as Data<TimestampMillisecond>;
}

function eventTimeColumn({ schema }: Batch): string {
  const column = rolesOf(schema).eventTime;
  if (column === undefined) {
    throw new MillraceError('SCHEMA_MISMATCH', 'the stream has no event time', {
      hint: "declare it where the schema is made: schema({ at: timestamp(), ... }, { eventTime: 'at' })",
    });
  }
  return column;
}
