import { skipValue } from '../formats/json/index.ts';
import { RequestRefused } from './request-refused.ts';

/** The records of a request's body, byte for byte as they were sent. */
export function recordsInBody(body: Uint8Array, contentType: string): Uint8Array[] {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') return jsonValues(body);
  if (type === 'application/x-ndjson' || type === 'application/jsonl' || type === 'text/plain') return lines(body);
  throw new RequestRefused(415, 'send application/json, application/x-ndjson or text/plain');
}

function lines(body: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < body.length; ) {
    const feed = body.indexOf(0x0a, at);
    const end = feed < 0 ? body.length : feed;
    const line = body.subarray(at, end > at && body[end - 1] === 0x0d ? end - 1 : end);
    if (line.length > 0) found.push(line);
    at = end + 1;
  }
  return found;
}

/** The items of a JSON array, or the one value that the body is. */
function jsonValues(body: Uint8Array): Uint8Array[] {
  const start = space(body, 0);
  const values: Uint8Array[] = [];
  if (body[start] !== 0x5b) {
    const end = value(body, start, values);
    checkEnd(body, end);
    return values;
  }
  let at = space(body, start + 1);
  if (body[at] === 0x5d) {
    checkEnd(body, at + 1);
    return values;
  }
  for (;;) {
    at = space(body, value(body, at, values));
    if (body[at] === 0x5d) break;
    if (body[at] !== 0x2c) throw brokenAt(at);
    at = space(body, at + 1);
  }
  checkEnd(body, at + 1);
  return values;
}

function value(body: Uint8Array, start: number, values: Uint8Array[]): number {
  const end = skipValue(body, start, body.length);
  if (end < 0) throw brokenAt(start);
  values.push(body.subarray(start, end));
  return end;
}

function space(body: Uint8Array, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at++;
  return at;
}

function checkEnd(body: Uint8Array, end: number): void {
  const at = space(body, end);
  if (at < body.length) throw brokenAt(at);
}

const brokenAt = (at: number) => new RequestRefused(400, `broken JSON in the value at byte ${at}`);
