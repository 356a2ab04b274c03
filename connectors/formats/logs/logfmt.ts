import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { BatchSchema } from '../../../columnar/index.ts';
import { parseOptions } from '../../../streams/index.ts';
import type { Format } from '../../contract/index.ts';
import { ABSENT, type ColumnBuilder, misfit, NULL, putText, RowColumns } from '../columns/index.ts';
import { type Line, type LineReader, lineOptions, readOnlyFormat } from '../lines/index.ts';
import { shorten } from '../values/index.ts';
import { unescapeField } from './unescape-field.ts';

const logfmtOptions = lineOptions.extend({
  /** Keys that are no column: leave them out, or reject the line. */
  unknown: z.enum(['ignore', 'reject']).default('ignore'),
});

/**
 * `key=value key="quoted value" flag` lines, a column per key. Read only. Quoted values may hold `\"`, `\\`, `\n` and the like; a key without `=` is `true`,
 * with nothing after it null. A column's key given twice is rejected.
 *
 * @throws MillraceError INVALID_OPTION
 * @example
 * const lines = topic('api', { schema: schema({ ts: timestamp(), level: category(), ms: float64() }, { eventTime: 'ts' }), format: logfmt() });
 */
export function logfmt(options: z.input<typeof logfmtOptions> = {}): Format {
  const { maxBytes, unknown } = parseOptions('logfmt', logfmtOptions, options);
  return readOnlyFormat('logfmt', maxBytes, <T extends TypeMap>(schema: BatchSchema<T>) => {
    const columns = new RowColumns(schema, 'logfmt');
    return { columns, reader: new LogfmtReader(columns, unknown === 'reject') };
  });
}

const SPACE = 0x20;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const TRUE = new TextEncoder().encode('true');

class LogfmtReader<T extends TypeMap> implements LineReader {
  readonly #columns: RowColumns<T>;
  readonly #keys: readonly Uint8Array[];
  readonly #rejectUnknown: boolean;

  constructor(columns: RowColumns<T>, rejectUnknown: boolean) {
    this.#columns = columns;
    this.#keys = columns.names.map((name) => new TextEncoder().encode(name));
    this.#rejectUnknown = rejectUnknown;
  }

  read({ bytes, start, end }: Line, row: number): string | undefined {
    let at = start;
    let pairs = 0;
    for (;;) {
      while (at < end && (bytes[at] as number) <= SPACE) at++;
      if (at >= end) return pairs > 0 ? undefined : 'no key=value in the line';
      const keyEnd = endOfKey(bytes, at, end);
      if (keyEnd === at) return `expected a key at byte ${at - start}`;
      const valueStart = keyEnd < end && bytes[keyEnd] === EQUALS ? keyEnd + 1 : keyEnd;
      const quoted = valueStart > keyEnd && valueStart < end && bytes[valueStart] === QUOTE;
      const valueEnd = quoted ? endOfQuoted(bytes, valueStart, end) : endOfValue(bytes, valueStart, end);
      if (valueEnd < 0) return `the quotes at byte ${valueStart - start} do not end`;
      const problem = this.#pair(row, bytes, at, keyEnd, valueStart, valueEnd);
      if (problem !== undefined) return problem;
      at = valueEnd;
      pairs++;
    }
  }

  #pair(row: number, bytes: Uint8Array, keyStart: number, keyEnd: number, start: number, end: number): string | undefined {
    const column = this.#columnOf(bytes, keyStart, keyEnd);
    if (column < 0) {
      return this.#rejectUnknown ? `unknown key ${shorten(new TextDecoder().decode(bytes.subarray(keyStart, keyEnd)))}` : undefined;
    }
    const builder = this.#columns.builders[column] as ColumnBuilder;
    if (builder.state[row] !== ABSENT) return `duplicate key ${shorten(this.#columns.names[column] as string)}`;
    if (start === keyEnd) return this.#put(column, row, TRUE, 0, TRUE.length);
    if (bytes[start] !== QUOTE || start === end) {
      if (start < end) return this.#put(column, row, bytes, start, end);
      builder.state[row] = NULL;
      return undefined;
    }
    const escaped = bytes.subarray(start + 1, end - 1).includes(0x5c);
    if (!escaped) return this.#put(column, row, bytes, start + 1, end - 1);
    const text = unescapeField(bytes, start + 1, end - 1);
    return this.#put(column, row, text, 0, text.length);
  }

  #put(column: number, row: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    const builder = this.#columns.builders[column] as ColumnBuilder;
    return putText(builder, row, bytes, start, end) ? undefined : misfit(this.#columns.names[column] as string, builder, bytes, start, end);
  }

  #columnOf(bytes: Uint8Array, start: number, end: number): number {
    return this.#keys.findIndex((key) => {
      if (key.length !== end - start) return false;
      for (let i = 0; i < key.length; i++) if (key[i] !== bytes[start + i]) return false;
      return true;
    });
  }
}

function endOfKey(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] as number) > SPACE && bytes[at] !== EQUALS && bytes[at] !== QUOTE) at++;
  return at;
}

function endOfValue(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] as number) > SPACE) at++;
  return at;
}

/** Position after the closing quote; -1 when there is none. */
function endOfQuoted(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    if (bytes[at] === 0x5c) at++;
    else if (bytes[at] === QUOTE) return at + 1;
  }
  return -1;
}
