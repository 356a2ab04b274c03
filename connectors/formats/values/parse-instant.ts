const NONE = Number.NaN;
const DAY = 86_400_000;

/**
 * The instant of an ISO 8601 date or date and time, in ms since the epoch; NaN when the bytes are none.
 * `2017-03-01`, `2017-03-01T05:00`, `2017-03-01 05:00:00.123456Z`, `20170301T...` is not accepted. Zone: `Z`, `+hh:mm`, `+hhmm`, `+hh`; none means UTC.
 * Fractions finer than a millisecond are cut off. A leap second (`:60`) counts as the next second.
 */
export function parseInstant(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 10 || bytes[start + 4] !== DASH || bytes[start + 7] !== DASH) return NONE;
  const date = dateOf(digits(bytes, start, 4), digits(bytes, start + 5, 2), digits(bytes, start + 8, 2));
  if (end === start + 10) return date;
  const separator = bytes[start + 10];
  if (separator !== LETTER_T && separator !== SPACE && separator !== SMALL_T) return NONE;
  const time = timeOf(bytes, start + 11, end);
  return time === undefined ? NONE : date + time;
}

const DASH = 0x2d;
const COLON = 0x3a;
const SPACE = 0x20;
const LETTER_T = 0x54;
const SMALL_T = 0x74;

/** `count` decimal digits as a number; NaN when one of them is none. */
function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = (bytes[i] as number) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return NONE;
    value = value * 10 + digit;
  }
  return value;
}

/** Midnight UTC of a date of the Gregorian calendar; NaN when there is no such day. */
export function dateOf(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return NONE;
  return daysBefore(year, month, day) * DAY;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01: years begin in March, so that the leap day is the last. */
function daysBefore(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Milliseconds of `hh:mm[:ss[.fff]][zone]`, less the zone's offset; undefined when it is no such time. */
function timeOf(bytes: Uint8Array, start: number, end: number): number | undefined {
  const hour = digits(bytes, start, 2);
  const minute = digits(bytes, start + 3, 2);
  if (end - start < 5 || bytes[start + 2] !== COLON || !(hour <= 24 && minute <= 59)) return undefined;
  let at = start + 5;
  let seconds = 0;
  let fraction = 0;
  if (at < end && bytes[at] === COLON) {
    seconds = at + 3 <= end ? digits(bytes, at + 1, 2) : NONE;
    at += 3;
    if (at < end && (bytes[at] === 0x2e || bytes[at] === 0x2c)) {
      const stop = endOfDigits(bytes, at + 1, end);
      fraction = stop === at + 1 ? NONE : milliseconds(bytes, at + 1, stop);
      at = stop;
    }
  }
  const zone = zoneOf(bytes, at, end);
  const time = hour * 3_600_000 + minute * 60_000 + seconds * 1000 + fraction;
  // 24:00 is the end of the day; NaN fails every comparison.
  if (!(seconds <= 60 && fraction >= 0 && (hour < 24 || time === DAY)) || zone === undefined) return undefined;
  return time - zone;
}

function endOfDigits(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++;
  return at;
}

function milliseconds(bytes: Uint8Array, from: number, end: number): number {
  let value = 0;
  for (let i = 0; i < 3; i++) value = value * 10 + (from + i < end ? (bytes[from + i] as number) - 0x30 : 0);
  return value;
}

/** Offset from UTC in ms; undefined when what stands there is no zone. */
function zoneOf(bytes: Uint8Array, at: number, end: number): number | undefined {
  if (at === end) return 0;
  const sign = bytes[at];
  if ((sign === 0x5a || sign === 0x7a) && at + 1 === end) return 0;
  if (sign !== 0x2b && sign !== DASH) return undefined;
  const length = end - at - 1;
  const colon = bytes[at + 3] === COLON ? 1 : 0;
  if (length !== 2 && length !== 4 + colon) return undefined;
  const hours = digits(bytes, at + 1, 2);
  const minutes = length === 2 ? 0 : digits(bytes, at + 3 + colon, 2);
  if (!(hours <= 23 && minutes <= 59)) return undefined;
  const offset = hours * 3_600_000 + minutes * 60_000;
  return sign === DASH ? -offset : offset;
}
