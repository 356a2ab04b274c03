import type { TypeMap } from 'apache-arrow';
import type { z } from 'zod';
import { category, int32, int64, schema, timestamp, utf8 } from '../../../columnar/index.ts';
import { parseOptions } from '../../../streams/index.ts';
import type { Format } from '../../contract/index.ts';
import { FieldColumns, type Line, type LineReader, lineOptions, readOnlyFormat } from '../lines/index.ts';
import { parseHttpDate } from '../values/index.ts';
import { LogBlockDecoder } from './log-block-decoder.ts';
import { unescapeField } from './unescape-field.ts';

const FIELDS = [
  'client',
  'identity',
  'user',
  'at',
  'request',
  'method',
  'path',
  'protocol',
  'status',
  'bytes',
  'referrer',
  'agent',
] as const;
const [CLIENT, IDENTITY, USER, AT, REQUEST, METHOD, PATH, PROTOCOL, STATUS, BYTES, REFERRER, AGENT] = FIELDS.map((_, field) => field) as [
  number,
  number,
  number,
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

/** A schema with the fields of a combined log line that most will want; any subset under the same names will do. */
export const combinedLogSchema = schema(
  {
    client: category(),
    user: category(),
    at: timestamp(),
    method: category(),
    path: utf8(),
    protocol: category(),
    status: int32(),
    bytes: int64(),
    referrer: utf8(),
    agent: utf8(),
  },
  { eventTime: 'at' },
);

/**
 * Access log lines of Apache and nginx, common or combined: `host ident user [time] "request" status bytes "referrer" "agent"`. Read only.
 * Columns are taken by name: `client`, `identity`, `user`, `at`, `request`, `method`, `path`, `protocol`, `status`, `bytes`, `referrer`, `agent`.
 * `-` is null; a request that is not `method path protocol` leaves those three null. Escapes of both servers are undone; what follows the agent is ignored.
 * Source: Apache HTTP Server, mod_log_config; nginx, ngx_http_log_module.
 *
 * @throws MillraceError INVALID_OPTION
 * @example
 * const requests = topic('access', { schema: combinedLogSchema, format: combinedLog() });
 */
export function combinedLog(options: z.input<typeof lineOptions> = {}): Format {
  const { maxBytes } = parseOptions('combinedLog', lineOptions, options);
  const lines = readOnlyFormat('combinedLog', maxBytes, (wanted) => {
    const fields = new FieldColumns('combinedLog', FIELDS, wanted);
    return { columns: fields.columns, reader: new CombinedLogReader(fields) };
  });
  return {
    ...lines,
    decoder: (wanted) => {
      const byLine = lines.decoder(wanted);
      return LogBlockDecoder.takes(wanted) ? new LogBlockDecoder(wanted, FIELDS, byLine, maxBytes) : byLine;
    },
  };
}

const SPACE = 0x20;
const QUOTE = 0x22;
const DASH = 0x2d;

class CombinedLogReader<T extends TypeMap> implements LineReader {
  readonly #fields: FieldColumns<T>;
  /** Instant of the time last read: busy servers write many lines per second. */
  #time = new Uint8Array(26);
  #instant = Number.NaN;

  constructor(fields: FieldColumns<T>) {
    this.#fields = fields;
  }

  read({ bytes, start, end }: Line, row: number): string | undefined {
    const client = find(bytes, SPACE, start, end);
    const identity = find(bytes, SPACE, client + 1, end);
    // A user name may hold spaces: the time's bracket ends it.
    const open = find(bytes, 0x5b, identity + 1, end);
    const close = open + 27;
    if (open <= identity + 1 || bytes[open - 1] !== SPACE || close + 1 >= end || bytes[close] !== 0x5d || bytes[close + 1] !== SPACE) {
      return 'expected [day/month/year:time zone] after host, identity and user';
    }
    const instant = this.#instantAt(bytes, open + 1);
    if (Number.isNaN(instant)) return 'the time in brackets is none';
    return (
      this.#plain(CLIENT, row, bytes, start, client) ??
      this.#plain(IDENTITY, row, bytes, client + 1, identity) ??
      this.#plain(USER, row, bytes, identity + 1, open - 1) ??
      this.#fields.number(AT, row, instant) ??
      this.#rest(row, bytes, close + 2, end)
    );
  }

  #instantAt(bytes: Uint8Array, start: number): number {
    let same = 0;
    while (same < 26 && bytes[start + same] === this.#time[same]) same++;
    if (same < 26) {
      this.#instant = parseHttpDate(bytes, start, start + 26);
      this.#time = bytes.slice(start, start + 26);
    }
    return this.#instant;
  }

  #rest(row: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    const requestEnd = quotedEnd(bytes, start, end);
    if (requestEnd < 0) return 'expected the request in quotes after the time';
    const statusEnd = find(bytes, SPACE, requestEnd + 2, end);
    const bytesEnd = find(bytes, SPACE, statusEnd + 1, end);
    if (bytes[requestEnd + 1] !== SPACE || statusEnd >= end) return 'expected status and bytes after the request';
    return (
      this.#request(row, bytes, start + 1, requestEnd) ??
      this.#plain(STATUS, row, bytes, requestEnd + 2, statusEnd) ??
      this.#plain(BYTES, row, bytes, statusEnd + 1, bytesEnd) ??
      this.#visitor(row, bytes, bytesEnd + 1, end)
    );
  }

  #request(row: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    const fields = this.#fields;
    const problem = this.#quoted(REQUEST, row, bytes, start, end);
    const method = find(bytes, SPACE, start, end);
    let path = end;
    while (path > method && bytes[path - 1] !== SPACE) path--;
    path--;
    // Method and protocol must look like it: what broken clients send is no request, but its line is to be counted.
    if (problem !== undefined || path <= method || !isProtocol(bytes, path + 1, end)) return problem;
    return (
      fields.text(METHOD, row, bytes, start, method) ??
      this.#quoted(PATH, row, bytes, method + 1, path) ??
      fields.text(PROTOCOL, row, bytes, path + 1, end)
    );
  }

  /** Referrer and agent; a common log line has neither. */
  #visitor(row: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    if (start >= end) return undefined;
    const referrerEnd = quotedEnd(bytes, start, end);
    const agentEnd = referrerEnd < 0 || bytes[referrerEnd + 1] !== SPACE ? -1 : quotedEnd(bytes, referrerEnd + 2, end);
    if (agentEnd < 0) return 'expected referrer and agent in quotes after the bytes';
    return this.#quoted(REFERRER, row, bytes, start + 1, referrerEnd) ?? this.#quoted(AGENT, row, bytes, referrerEnd + 3, agentEnd);
  }

  #plain(field: number, row: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    if (end === start + 1 && bytes[start] === DASH) {
      this.#fields.none(field, row);
      return undefined;
    }
    return this.#fields.text(field, row, bytes, start, end);
  }

  #quoted(field: number, row: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    if (!this.#fields.wants(field)) return undefined;
    if (find(bytes, 0x5c, start, end) === end) return this.#plain(field, row, bytes, start, end);
    const text = unescapeField(bytes, start, end);
    return this.#fields.text(field, row, text, 0, text.length);
  }
}

/** Position of the first such byte before `end`; `end` when there is none. */
function find(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte) at++;
  return at;
}

/** Position of the quote that ends the field whose opening quote is at `start`; -1 when there is none. */
function quotedEnd(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end || bytes[start] !== QUOTE) return -1;
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at];
    if (byte === 0x5c) at++;
    else if (byte === QUOTE) return at;
  }
  return -1;
}

/** `HTTP/1.1`, `HTTP/2.0` and the like. */
function isProtocol(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= 6 && bytes[start] === 0x48 && bytes[start + 1] === 0x54 && bytes[start + 3] === 0x50 && bytes[start + 4] === 0x2f;
}
