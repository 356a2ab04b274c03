// Access log lines (common and combined) cut into fields, a block at a time. Accepts only plain lines: ASCII, no escapes; the caller reads the others. Fields, in this order: client, identity, user, at, request,
// method, path, protocol, status, bytes, referrer, agent. Each has a list of pairs (start, length; -1 absent, -2 null), and a request that is
// not `method path protocol` leaves those three absent.

const SPACE: u8 = 0x20;
const QUOTE: u8 = 0x22;
const DASH: u8 = 0x2d;
const FIELDS = 12;

let block: usize = 0;
let pairs: usize = 0;
let row: i32 = 0;

/** Position of the first `byte` in [from, end), 16 bytes at a time; `end` when there is none. */
// @ts-ignore: decorator
@inline
function find(byte: u8, from: usize, end: usize): usize {
  const wanted = i8x16.splat(byte);
  for (let at = from; at < end; at += 16) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
    if (mask == 0) continue;
    const found = at + ctz(mask);
    return found < end ? found : end;
  }
  return end;
}

/** Whether all bytes are ASCII, printable or space, and none is a backslash. */
function isPlain(from: usize, end: usize): bool {
  const escapes = i8x16.splat(0x5c);
  const controls = i8x16.splat(0x20);
  for (let at = from; at < end; at += 16) {
    const bytes = v128.load(at);
    const mask = i8x16.bitmask(v128.or(i8x16.eq(bytes, escapes), i8x16.lt_s(bytes, controls)));
    if (mask != 0 && at + ctz(mask) < end) return false;
  }
  return true;
}

function setPair(field: i32, start: usize, end: usize): void {
  const list = <usize>load<u32>(pairs + ((<usize>field) << 2));
  const slot = list + ((<usize>row) << 3);
  store<i32>(slot, <i32>(start - block));
  const none = end == start + 1 && load<u8>(start) == DASH;
  store<i32>(slot, none ? -2 : <i32>(end - start), 4);
}

function setAbsent(field: i32): void {
  store<i32>(<usize>load<u32>(pairs + ((<usize>field) << 2)) + ((<usize>row) << 3), -1, 4);
}

/** Cuts `count` lines; `lists` points to a list of pairs for each field. Returns how many were refused (status 1). */
export function splitLog(blockStart: usize, starts: usize, lengths: usize, status: usize, count: i32, lists: usize): i32 {
  block = blockStart;
  pairs = lists;
  let refused = 0;
  for (row = 0; row < count; row++) {
    const start = blockStart + load<u32>(starts + ((<usize>row) << 2));
    const length = load<i32>(lengths + ((<usize>row) << 2));
    for (let field = 0; field < FIELDS; field++) setAbsent(field);
    const good = length > 0 && isPlain(start, start + length) && line(start, start + length);
    store<u8>(status + row, good ? 0 : 1);
    if (good) continue;
    refused++;
    for (let field = 0; field < FIELDS; field++) setAbsent(field);
  }
  return refused;
}

function line(start: usize, end: usize): bool {
  const client = find(SPACE, start, end);
  const identity = find(SPACE, client + 1, end);
  // A user name may hold spaces: the time's bracket ends it.
  const open = find(0x5b, identity + 1, end);
  const close = open + 27;
  if (close + 1 >= end || open <= identity + 1 || load<u8>(open - 1) != SPACE) return false;
  if (load<u8>(close) != 0x5d || load<u8>(close + 1) != SPACE) return false;
  setPair(0, start, client);
  setPair(1, client + 1, identity);
  setPair(2, identity + 1, open - 1);
  setPair(3, open + 1, close);
  return afterTime(close + 2, end);
}

function afterTime(start: usize, end: usize): bool {
  if (start >= end || load<u8>(start) != QUOTE) return false;
  const requestEnd = find(QUOTE, start + 1, end);
  if (requestEnd + 1 >= end || load<u8>(requestEnd + 1) != SPACE) return false;
  const statusEnd = find(SPACE, requestEnd + 2, end);
  if (statusEnd >= end) return false;
  const bytesEnd = find(SPACE, statusEnd + 1, end);
  request(start + 1, requestEnd);
  setPair(8, requestEnd + 2, statusEnd);
  setPair(9, statusEnd + 1, bytesEnd);
  return bytesEnd >= end || visitor(bytesEnd + 1, end);
}

function request(start: usize, end: usize): void {
  setPair(4, start, end);
  const method = find(SPACE, start, end);
  let path = end;
  while (path > method && load<u8>(path - 1) != SPACE) path--;
  path--;
  // HTTP/ and a version.
  if (path <= method || end - path < 7 || load<u32>(path + 1) != 0x50545448 || load<u8>(path + 5) != 0x2f) return;
  setPair(5, start, method);
  setPair(6, method + 1, path);
  setPair(7, path + 1, end);
}

/** Referrer and agent; a common log line has neither. */
function visitor(start: usize, end: usize): bool {
  if (start >= end) return true;
  if (load<u8>(start) != QUOTE) return false;
  const referrerEnd = find(QUOTE, start + 1, end);
  if (referrerEnd + 2 >= end || load<u8>(referrerEnd + 1) != SPACE || load<u8>(referrerEnd + 2) != QUOTE) return false;
  const agentEnd = find(QUOTE, referrerEnd + 3, end);
  if (agentEnd >= end) return false;
  setPair(10, start + 1, referrerEnd);
  setPair(11, referrerEnd + 3, agentEnd);
  return true;
}
