import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { category, int32, schema, timestamp, utf8 } from '../../../columnar/index.ts';
import { parseOptions } from '../../../streams/index.ts';
import type { Format } from '../../contract/index.ts';
import { FieldColumns, type Line, type LineReader, lineOptions, readOnlyFormat } from '../lines/index.ts';
import { dateOf, monthAt, parseInstant, timeOfDayAt, twoDigits } from '../values/index.ts';

const FIELDS = ['facility', 'severity', 'at', 'host', 'app', 'process', 'id', 'structured', 'message'] as const;
const [FACILITY, SEVERITY, AT, HOST, APP, PROCESS, ID, STRUCTURED, MESSAGE] = FIELDS.map((_, field) => field) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

/** A schema with the fields of a syslog message; any subset under the same names will do. */
export const syslogSchema = schema(
  {
    facility: int32(),
    severity: int32(),
    at: timestamp(),
    host: category(),
    app: category(),
    process: category(),
    id: category(),
    structured: utf8(),
    message: utf8(),
  },
  { eventTime: 'at' },
);

const syslogOptions = lineOptions.extend({
  /** Minutes east of UTC of times that name no zone (RFC 3164). */
  zoneMinutes: z.number().int().min(-1440).max(1440).default(0),
});

/**
 * Syslog messages, RFC 5424 (`<34>1 2003-10-11T22:14:15.003Z host app process id [structured] message`) and RFC 3164
 * (`<34>Oct 11 22:14:15 host app[process]: message`, also without priority, as in files), told apart line by line. Read only.
 * Columns are taken by name: `facility`, `severity`, `at`, `host`, `app`, `process`, `id`, `structured`, `message`. The year that RFC 3164 lacks is the one that
 * brings the time nearest to its record's timestamp, so that a replay gives the same instant. Sources: RFC 3164, RFC 5424.
 *
 * @throws MillraceError INVALID_OPTION
 * @example
 * const messages = topic('syslog', { schema: syslogSchema, format: syslog() });
 */
export function syslog(options: z.input<typeof syslogOptions> = {}): Format {
  const { maxBytes, zoneMinutes } = parseOptions('syslog', syslogOptions, options);
  return readOnlyFormat('syslog', maxBytes, (wanted) => {
    const fields = new FieldColumns('syslog', FIELDS, wanted);
    return { columns: fields.columns, reader: new SyslogReader(fields, zoneMinutes * 60_000) };
  });
}

const SPACE = 0x20;
const DASH = 0x2d;

class SyslogReader<T extends TypeMap> implements LineReader {
  readonly #fields: FieldColumns<T>;
  readonly #zone: number;

  constructor(fields: FieldColumns<T>, zone: number) {
    this.#fields = fields;
    this.#zone = zone;
  }

  read(line: Line, row: number): string | undefined {
    const { bytes, start, end } = line;
    const close = start < end && bytes[start] === 0x3c ? find(bytes, 0x3e, start, Math.min(end, start + 5)) : start - 1;
    const priority = close < start ? undefined : digits(bytes, start + 1, close);
    if (close >= start && (close >= end || bytes[close] !== 0x3e || priority === undefined || priority > 191))
      return 'expected a priority such as <34>';
    const problem =
      priority === undefined
        ? undefined
        : (this.#fields.number(FACILITY, row, priority >> 3) ?? this.#fields.number(SEVERITY, row, priority & 7));
    const body = close + 1;
    const versioned = priority !== undefined && body + 1 < end && bytes[body] === 0x31 && bytes[body + 1] === SPACE;
    return problem ?? (versioned ? this.#modern(bytes, body + 2, end, row) : this.#traditional(line, body, row));
  }

  /** RFC 5424 after its version. */
  #modern(bytes: Uint8Array, start: number, end: number, row: number): string | undefined {
    let at = start;
    for (const field of [AT, HOST, APP, PROCESS, ID]) {
      const stop = find(bytes, SPACE, at, end);
      if (stop >= end) return `expected a space after ${FIELDS[field]}`;
      const problem = field === AT ? this.#instant(bytes, at, stop, row) : this.#header(field, bytes, at, stop, row);
      if (problem !== undefined) return problem;
      at = stop + 1;
    }
    const structuredEnd = at < end && bytes[at] === DASH ? at + 1 : structuredDataEnd(bytes, at, end);
    if (structuredEnd < 0) return 'expected structured data in brackets, or -';
    const message = structuredEnd < end && bytes[structuredEnd] === SPACE ? structuredEnd + 1 : structuredEnd;
    // A byte order mark says that the message is UTF-8; all of it is.
    const marked = message + 3 <= end && bytes[message] === 0xef && bytes[message + 1] === 0xbb && bytes[message + 2] === 0xbf;
    const text = marked ? message + 3 : message;
    return this.#header(STRUCTURED, bytes, at, structuredEnd, row) ?? this.#message(bytes, text, end, row);
  }

  #instant(bytes: Uint8Array, start: number, end: number, row: number): string | undefined {
    if (end === start + 1 && bytes[start] === DASH) {
      this.#fields.none(AT, row);
      return undefined;
    }
    const instant = parseInstant(bytes, start, end);
    return Number.isNaN(instant) ? 'the time is none of RFC 3339' : this.#fields.number(AT, row, instant);
  }

  /** RFC 3164 after its priority. */
  #traditional({ bytes, end, timestamp }: Line, start: number, row: number): string | undefined {
    const at = start + 16;
    const instant = end > at ? this.#dateWithoutYear(bytes, start, timestamp) : Number.NaN;
    if (Number.isNaN(instant) || bytes[at - 1] !== SPACE) return 'expected a time such as Oct 11 22:14:15, then the host';
    const hostEnd = find(bytes, SPACE, at, end);
    const tagEnd = endOfTag(bytes, hostEnd + 1, end);
    const problem = this.#fields.number(AT, row, instant) ?? this.#header(HOST, bytes, at, hostEnd, row);
    if (problem !== undefined || hostEnd >= end) return problem;
    return this.#tagged(bytes, hostEnd + 1, tagEnd, end, row);
  }

  #tagged(bytes: Uint8Array, start: number, tagEnd: number, end: number, row: number): string | undefined {
    const fields = this.#fields;
    const open = tagEnd < end && bytes[tagEnd] === 0x5b ? find(bytes, 0x5d, tagEnd, end) : -1;
    const colon = open < 0 ? tagEnd : open + 1;
    if (tagEnd === start || bytes[colon] !== 0x3a || colon >= end) return this.#message(bytes, start, end, row);
    const text = bytes[colon + 1] === SPACE ? colon + 2 : colon + 1;
    return (
      fields.text(APP, row, bytes, start, tagEnd) ??
      (open < 0 ? undefined : fields.text(PROCESS, row, bytes, tagEnd + 1, open)) ??
      this.#message(bytes, text, end, row)
    );
  }

  /** `Oct 11 22:14:15` in the year that brings it nearest to `near`; NaN when it is no such time. */
  #dateWithoutYear(bytes: Uint8Array, start: number, near: number): number {
    const month = monthAt(bytes, start);
    const day = twoDigits(bytes, start + 4);
    const time = timeOfDayAt(bytes, start + 7) - this.#zone;
    if (month === undefined || bytes[start + 3] !== SPACE || bytes[start + 6] !== SPACE) return Number.NaN;
    const year = new Date(near).getUTCFullYear();
    let best = Number.NaN;
    for (const candidate of [year - 1, year, year + 1]) {
      const instant = dateOf(candidate, month, day) + time;
      if (!Number.isNaN(instant) && !(Math.abs(instant - near) >= Math.abs(best - near))) best = instant;
    }
    return best;
  }

  #header(field: number, bytes: Uint8Array, start: number, end: number, row: number): string | undefined {
    if (end !== start + 1 || bytes[start] !== DASH) return this.#fields.text(field, row, bytes, start, end);
    this.#fields.none(field, row);
    return undefined;
  }

  #message(bytes: Uint8Array, start: number, end: number, row: number): string | undefined {
    return this.#fields.text(MESSAGE, row, bytes, Math.min(start, end), end);
  }
}

function find(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte) at++;
  return at;
}

function digits(bytes: Uint8Array, start: number, end: number): number | undefined {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return end > start ? value : undefined;
}

/** Where a program's name ends: at a bracket, a colon or a space. */
function endOfTag(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== 0x5b && bytes[at] !== 0x3a && bytes[at] !== SPACE) at++;
  return at;
}

/** Position after `[id name="value" ...]...`, where quotes may hold escaped brackets; -1 when it does not end. */
function structuredDataEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let quoted = false;
  if (at >= end || bytes[at] !== 0x5b) return -1;
  for (; at < end; at++) {
    const byte = bytes[at];
    if (quoted && byte === 0x5c) at++;
    else if (byte === 0x22) quoted = !quoted;
    else if (!quoted && byte === 0x5d && (at + 1 === end || bytes[at + 1] !== 0x5b)) return at + 1;
  }
  return -1;
}
