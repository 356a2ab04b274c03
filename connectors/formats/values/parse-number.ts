const POWERS = Float64Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`));
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * The decimal number that the bytes spell, correctly rounded; NaN when they are none. A sign, a fraction without leading zero and an exponent are fine;
 * spaces, separators, hexadecimal and words are not.
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number {
  const signed = bytes[start] === 0x2d || bytes[start] === 0x2b;
  let at = signed ? start + 1 : start;
  const first = at;
  let value = 0;
  while (at < end && isDigit(bytes[at])) value = value * 10 + (bytes[at++] as number) - 0x30;
  let fraction = 0;
  if (at < end && bytes[at] === 0x2e) {
    const point = ++at;
    while (at < end && isDigit(bytes[at])) value = value * 10 + (bytes[at++] as number) - 0x30;
    fraction = at - point;
  }
  const length = at - first;
  if (at !== end || length === 0 || length > 15 || bytes[at - 1] === 0x2e) return slowly(bytes, start, end);
  if (fraction > 0) value /= POWERS[fraction] as number;
  return bytes[start] === 0x2d ? -value : value;
}

const isDigit = (byte: number | undefined) => (byte as number) >= 0x30 && (byte as number) <= 0x39;

/** Long digits, exponents, and what is no number at all. */
function slowly(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > 400 || end <= start) return Number.NaN;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}
