import { dateOf } from './parse-instant.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH_NUMBERS = new Map(MONTHS.map((name, index) => [codeOf(name.charCodeAt(0), name.charCodeAt(1), name.charCodeAt(2)), index + 1]));

function codeOf(first: number, second: number, third: number): number {
  return (first << 16) | (second << 8) | third;
}

/** Number of the month whose English short name stands at `at`, 1 to 12; undefined for none. */
export function monthAt(bytes: Uint8Array, at: number): number | undefined {
  return MONTH_NUMBERS.get(codeOf(bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number));
}

/** Two digits at `at` as a number (a space counts as 0 in the first place); NaN when they are none. */
export function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] === 0x20 ? 0 : (bytes[at] as number) - 0x30;
  const ones = (bytes[at + 1] as number) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Milliseconds of `hh:mm:ss` at `at`; NaN when it is no time of day (second 60 is fine). */
export function timeOfDayAt(bytes: Uint8Array, at: number): number {
  const hour = twoDigits(bytes, at);
  const minute = twoDigits(bytes, at + 3);
  const second = twoDigits(bytes, at + 6);
  if (bytes[at + 2] !== 0x3a || bytes[at + 5] !== 0x3a || !(hour < 24 && minute < 60 && second <= 60)) return Number.NaN;
  return hour * 3_600_000 + minute * 60_000 + second * 1000;
}

/**
 * The instant of `10/Oct/2000:13:55:36 -0700`, as web servers write it; NaN when the bytes are none.
 * Source: Apache HTTP Server, mod_log_config, `%t`.
 */
export function parseHttpDate(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== 26 || bytes[start + 2] !== 0x2f || bytes[start + 6] !== 0x2f || bytes[start + 11] !== 0x3a) return Number.NaN;
  const month = monthAt(bytes, start + 3);
  if (month === undefined) return Number.NaN;
  const year = twoDigits(bytes, start + 7) * 100 + twoDigits(bytes, start + 9);
  const zone = twoDigits(bytes, start + 22) * 3_600_000 + twoDigits(bytes, start + 24) * 60_000;
  const sign = bytes[start + 21];
  if (bytes[start + 20] !== 0x20 || (sign !== 0x2b && sign !== 0x2d)) return Number.NaN;
  return dateOf(year, month, twoDigits(bytes, start)) + timeOfDayAt(bytes, start + 12) - (sign === 0x2d ? -zone : zone);
}
