// ISO 8601 dates and times as ms since 1970. Accepts what connectors/formats/values/parse-instant.ts accepts, with the same value; NaN for what it leaves to it.

import { daysBefore, daysIn, two } from './calendar';

const DAY: i64 = 86_400_000;

/** The instant of the bytes `from` to `end`: `2017-03-01`, `2017-03-01T05:00`, `2017-03-01 05:00:00.123456+01:00`; without a zone it is UTC. */
export function instant(from: usize, end: usize): f64 {
  const length = end - from;
  if (length < 10 || load<u8>(from + 4) != 0x2d || load<u8>(from + 7) != 0x2d) return NaN;
  const century = two(from);
  const ofCentury = two(from + 2);
  const month = two(from + 5);
  const day = two(from + 8);
  if (century > 99 || ofCentury > 99 || month == 0 || month > 12) return NaN;
  const year = century * 100 + ofCentury;
  if (day == 0 || day > daysIn(year, month)) return NaN;
  const date = <i64>daysBefore(year, month, day) * DAY;
  if (length == 10) return <f64>date;
  const separator = load<u8>(from + 10);
  if (separator != 0x54 && separator != 0x20 && separator != 0x74) return NaN;
  return timeOfDay(date, from + 11, end);
}

function timeOfDay(date: i64, from: usize, end: usize): f64 {
  const hour = two(from);
  const minute = two(from + 3);
  if (end - from < 5 || load<u8>(from + 2) != 0x3a || hour > 24 || minute > 59) return NaN;
  let at = from + 5;
  let second: u32 = 0;
  let fraction: u32 = 0;
  if (at < end && load<u8>(at) == 0x3a) {
    second = two(at + 1);
    at += 3;
    if (at > end || second > 60) return NaN;
    if (at < end && (load<u8>(at) == 0x2e || load<u8>(at) == 0x2c)) {
      const first = ++at;
      let scale: u32 = 100;
      for (let digit = <u32>load<u8>(at) - 0x30; at < end && digit <= 9; digit = <u32>load<u8>(++at) - 0x30) {
        fraction += digit * scale;
        scale /= 10;
      }
      if (at == first) return NaN;
    }
  }
  const time = <i64>(hour * 3600 + minute * 60 + second) * 1000 + fraction;
  // 24:00 is the end of the day.
  if (hour == 24 && time != DAY) return NaN;
  const zone = zoneOf(at, end);
  return zone == NO_ZONE ? NaN : <f64>(date + time - zone);
}

const NO_ZONE: i64 = i64.MIN_VALUE;

/** Offset from UTC in ms. */
function zoneOf(at: usize, end: usize): i64 {
  if (at == end) return 0;
  const sign = load<u8>(at);
  const length = end - at - 1;
  if (length == 0) return (sign | 0x20) == 0x7a ? 0 : NO_ZONE;
  if (sign != 0x2b && sign != 0x2d) return NO_ZONE;
  const colon: usize = load<u8>(at + 3) == 0x3a ? 1 : 0;
  if (length != 2 && length != 4 + colon) return NO_ZONE;
  const hours = two(at + 1);
  const minutes: u32 = length == 2 ? 0 : two(at + 3 + colon);
  if (hours > 23 || minutes > 59) return NO_ZONE;
  const offset = <i64>(hours * 60 + minutes) * 60_000;
  return sign == 0x2d ? -offset : offset;
}
