/** Where the records of a text file lie: each ends with a line end that is not inside quotes. */
export interface Split {
  /** Position of the first byte of each record, relative to the chunk. */
  readonly starts: number[];
  /** Length of each record, without its line end. */
  readonly lengths: number[];
  /** Bytes of whole records, line ends included: where the next chunk begins. */
  readonly end: number;
}

const LINE_FEED = 0x0a;
const RETURN = 0x0d;

/**
 * Cuts a chunk into records. What follows the last line end is left for the next chunk, unless the file ends there (`last`). `quote`: the character between two of which line
 * ends belong to the record, as in CSV; undefined for plain lines. Empty lines are no records.
 */
export function splitRecords(bytes: Uint8Array, length: number, last: boolean, limit: number, quote: number | undefined): Split {
  const starts: number[] = [];
  const lengths: number[] = [];
  let at = 0;
  while (at < length && starts.length < limit) {
    const found = recordEnd(bytes, at, length, quote);
    if (found < 0 && !last) break;
    const stop = found < 0 ? length : found;
    const size = stop - at - (stop > at && bytes[stop - 1] === RETURN ? 1 : 0);
    if (size > 0) {
      starts.push(at);
      lengths.push(size);
    }
    at = found < 0 ? length : stop + 1;
  }
  return { starts, lengths, end: at };
}

/** Position of the line end that ends the record at `start`; -1 when the chunk ends first. */
function recordEnd(bytes: Uint8Array, start: number, length: number, quote: number | undefined): number {
  if (quote === undefined) {
    const found = bytes.indexOf(LINE_FEED, start);
    return found >= 0 && found < length ? found : -1;
  }
  let quoted = false;
  for (let at = start; at < length; at++) {
    if (bytes[at] === quote) quoted = !quoted;
    else if (bytes[at] === LINE_FEED && !quoted) return at;
  }
  return -1;
}
