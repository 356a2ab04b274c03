import { type Data, DataType, Vector } from 'apache-arrow';
import { type Batch, type BatchSchema, columnData, instantsOf, KeyInterner, rolesOf, stringView } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { NULL_PARTITION } from '../read/partition-column.ts';

/** Folders by event time: `year=2024`, `year=2024/month=03`, `date=2024-03-01`, `date=2024-03-01/hour=05`. */
export type TimeFolder = 'year' | 'month' | 'day' | 'hour';

/** What decides which file a row goes to. */
export interface Partitioning {
  readonly columns: readonly string[];
  readonly time: TimeFolder | undefined;
  /** Files of event-time spans of this many ms, aligned to the epoch. */
  readonly interval: number | undefined;
}

/**
 * Refuses a partitioning that a schema cannot have.
 *
 * @throws MillraceError INVALID_OPTION naming the column.
 */
export function checkPartitioning(schema: BatchSchema, { columns, time, interval }: Partitioning): void {
  const names = schema.fields.map((field) => field.name as string);
  const missing = columns.find((column) => !names.includes(column));
  if (missing !== undefined)
    throw new MillraceError('INVALID_OPTION', `archive: there is no column '${missing}'`, { hint: `columns: ${names.join(', ')}` });
  if (columns.length > 0 && columns.length === names.length)
    throw new MillraceError('INVALID_OPTION', 'archive: partitionBy leaves no column for the files');
  if ((time ?? interval) !== undefined && rolesOf(schema).eventTime === undefined)
    throw new MillraceError('INVALID_OPTION', 'archive: partitionByTime and roll.interval need an event-time column', {
      hint: 'give the schema one',
    });
}

/** The rows of a batch that go to one file at a time. */
export interface PartitionKey {
  /** Folders under the archive's root, joined by `/`; empty for none. */
  readonly folder: string;
  /** No row of this key has an event time at or after this; Infinity where event time does not matter. */
  readonly endsAt: number;
}

/** Gives every row the number of its key, in the order of first sight; keys stay known from batch to batch. */
export class PartitionKeys {
  readonly #partitioning: Partitioning;
  readonly #names = new KeyInterner();
  readonly #keys: PartitionKey[] = [];

  constructor(partitioning: Partitioning) {
    this.#partitioning = partitioning;
  }

  key(number: number): PartitionKey {
    return this.#keys[number] as PartitionKey;
  }

  /** The number of a key that was met in an earlier run. */
  intern(key: PartitionKey): number {
    const number = this.#names.intern(`${key.folder}\n${key.endsAt}`);
    this.#keys[number] = key;
    return number;
  }

  /** The end of the span of event time that holds `instant`; with an unknown one (-Infinity), before any known instant. */
  endAfter(instant: number): number {
    const { time, interval } = this.#partitioning;
    if (time === undefined && interval === undefined) return Number.POSITIVE_INFINITY;
    if (instant === Number.NEGATIVE_INFINITY) return -Number.MAX_VALUE;
    const end = time === undefined ? Number.POSITIVE_INFINITY : endOf(instant, time);
    return interval === undefined ? end : Math.min(end, (Math.floor(instant / interval) + 1) * interval);
  }

  numbersOf(batch: Batch): Int32Array {
    const { columns, time, interval } = this.#partitioning;
    const numbers = new Int32Array(batch.numRows);
    if (columns.length === 0 && time === undefined && interval === undefined) {
      if (batch.numRows > 0) this.intern({ folder: '', endsAt: Number.POSITIVE_INFINITY });
      return numbers;
    }
    const parts = columns.map((column) => folderText(batch, column));
    const instants = (time ?? interval) === undefined ? undefined : instantsOf(batch, rolesOf(batch.schema).eventTime as never);
    for (let row = 0; row < numbers.length; row++) {
      const folders = parts.map((part) => part(row));
      const instant = instants?.[row] ?? Number.NaN;
      if (time !== undefined) folders.push(timeFolder(instant, time));
      const endsAt = instants === undefined ? Number.POSITIVE_INFINITY : this.endAfter(instant);
      numbers[row] = this.intern({ folder: folders.join('/'), endsAt });
    }
    return numbers;
  }
}

/** `column=value` per row, escaped as Hive does, so that no value can leave its folder. */
function folderText(batch: Batch, column: string): (row: number) => string {
  const data = columnData(batch, column as never);
  const text = (value: unknown) => `${escaped(column)}=${value === null ? NULL_PARTITION : escaped(String(value))}`;
  if (DataType.isUtf8(data.type) || DataType.isDictionary(data.type)) {
    const strings = stringView(batch, column as never);
    return (row) => text(strings.get(row));
  }
  const values = new Vector([data as Data]);
  return (row) => text(values.get(row));
}

const escaped = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to go
  (text === '' ? NULL_PARTITION : text).replace(/[\u0000-\u001f"#%'*/:=?\\{}[\]^\u007f]|^\.+$/g, (found) =>
    [...found].map((character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );

function timeFolder(instant: number, time: TimeFolder): string {
  const iso = new Date(instant).toISOString();
  if (time === 'year') return `year=${iso.slice(0, 4)}`;
  if (time === 'month') return `year=${iso.slice(0, 4)}/month=${iso.slice(5, 7)}`;
  return time === 'day' ? `date=${iso.slice(0, 10)}` : `date=${iso.slice(0, 10)}/hour=${iso.slice(11, 13)}`;
}

function endOf(instant: number, time: TimeFolder): number {
  const date = new Date(instant);
  const [year, month, day, hour] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCHours()];
  if (time === 'year') return Date.UTC(year + 1, 0);
  if (time === 'month') return Date.UTC(year, month + 1);
  return time === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month, day, hour + 1);
}
