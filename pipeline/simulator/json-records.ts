import { type RecordColumns, RecordWriter } from '../../connectors/index.ts';

const encoder = new TextEncoder();

/** Which columns of a row become a record's key and timestamp. */
export interface JsonRecordOptions {
  /** Column whose text is the key; without it records have none. */
  readonly key?: string;
  /** Column in ms since the epoch that is the record's timestamp; without it records are numbered. */
  readonly timestamp?: string;
}

/**
 * Rows as records of JSON, the way a producer would publish them. A string is taken as it is, so that broken records can be given, too.
 *
 * @example
 * const records = jsonRecords([{ station: 'a', at: 0, pm25: 3 }, '{"station":'], { key: 'station', timestamp: 'at' });
 */
export function jsonRecords(rows: readonly (Readonly<Record<string, unknown>> | string)[], options: JsonRecordOptions = {}): RecordColumns {
  const writer = new RecordWriter();
  rows.forEach((row, number) => {
    const text = typeof row === 'string' ? row : JSON.stringify(row);
    const column = (name: string | undefined) => (name === undefined || typeof row === 'string' ? undefined : row[name]);
    const key = column(options.key);
    writer.value(encoder.encode(text));
    writer.endRecord({
      key: key === undefined || key === null ? null : encoder.encode(String(key)),
      timestamp: Number(column(options.timestamp) ?? number),
    });
  });
  return writer.finish();
}
