// The rows of a batch in windows: which of them lie in one stretch of time, and statistics of their values by slot.
//
// A slot's entry for a column is two pairs of f64: [number of values, sum] and [least, -greatest]; both of the latter are infinite while there is no value.
// `stride` is the distance of one slot's entry from the next, in bytes; slots are i32, and below 0 where a row belongs to none.

/** Instants in units of which `divisor` make a millisecond (or, where `factor` is above 1, so many milliseconds) to milliseconds, rounded down. */
export function toMilliseconds(times: usize, rows: i32, factor: i64, divisor: i64): void {
  for (let end = times + (<usize>rows << 3); times < end; times += 8) {
    const time = load<i64>(times) * factor;
    const quotient = time / divisor;
    store<i64>(times, quotient - i64(quotient * divisor > time));
  }
}

/** The first row of `from` to `to` whose time does not lie from `start` to `end` (exclusive), or whose watermark is `closes` or more; `to` where there is none. */
export function stretchEnd(times: usize, marks: usize, from: i32, to: i32, start: f64, end: f64, closes: f64): i32 {
  const starts = i64x2.splat(<i64>start);
  const ends = i64x2.splat(<i64>end);
  const limits = f64x2.splat(closes);
  let row = <usize>from;
  for (; row + 2 <= <usize>to; row += 2) {
    const pair = v128.load(times + (row << 3));
    const outside = v128.or(i64x2.lt_s(pair, starts), i64x2.ge_s(pair, ends));
    if (v128.any_true(v128.or(outside, f64x2.ge(v128.load(marks + (row << 3)), limits)))) break;
  }
  for (; row < <usize>to; row++) {
    const time = load<i64>(times + (row << 3));
    if (time < <i64>start || time >= <i64>end || load<f64>(marks + (row << 3)) >= closes) break;
  }
  return <i32>row;
}

/**
 * Gives every row of `from` to `to` the slot of its group: `table` holds 1 + slot by group, or 0. Groups without one get the slots at `taken` in order, of which `free` are there,
 * then `used`, `used + 1`, ...; they are listed at `fresh`, their slots at `taken`. Returns how many they are.
 */
export function assignSlots(
  groups: usize,
  slots: usize,
  from: i32,
  to: i32,
  table: usize,
  taken: usize,
  free: i32,
  used: i32,
  fresh: usize,
): i32 {
  let count = 0;
  for (let at = <usize>from << 2, end = <usize>to << 2; at < end; at += 4) {
    const group = load<i32>(groups + at);
    const place = table + (<usize>group << 2);
    let slot = load<i32>(place);
    if (slot == 0) {
      const next = <usize>count << 2;
      if (count >= free) store<i32>(taken + next, used + count - free);
      slot = load<i32>(taken + next) + 1;
      store<i32>(place, slot);
      store<i32>(fresh + next, group);
      count++;
    }
    store<i32>(slots + at, slot - 1);
  }
  return count;
}

/** Copies the `stride` bytes at `entry`, a multiple of 16, to the entries of `count` slots. */
export function setEntries(slots: usize, count: i32, entry: usize, entries: usize, stride: i32): void {
  for (let end = slots + (<usize>count << 2); slots < end; slots += 4) {
    const target = entries + <usize>load<i32>(slots) * <usize>stride;
    for (let at: usize = 0; at < <usize>stride; at += 16) v128.store(target + at, v128.load(entry + at));
  }
}

/**
 * Adds each value to the entry of its slot, in the order of rows. NaN is no value: it is counted `missing` bytes after the entry, unless that is 0.
 */
export function addValues(slots: usize, values: usize, rows: i32, entries: usize, stride: i32, missing: i32): void {
  const ones = f64x2.splat(1);
  const signs = f64x2(0, -0.0);
  for (let end = slots + (<usize>rows << 2); slots < end; slots += 4, values += 8) {
    const slot = load<i32>(slots);
    const value = load<f64>(values);
    if (slot < 0) continue;
    const entry = entries + <usize>slot * <usize>stride;
    if (value != value) {
      if (missing != 0) store<f64>(entry + missing, load<f64>(entry + missing) + 1);
      continue;
    }
    const pair = f64x2.splat(value);
    v128.store(entry, f64x2.add(v128.load(entry), f64x2.replace_lane(ones, 1, value)));
    // Chooses by comparison alone, without a branch that random values would mislead.
    v128.store(entry, f64x2.pmin(v128.load(entry, 16), v128.xor(pair, signs)), 16);
  }
}

/** Adds 1 to the number at the entry of each row's slot. */
export function countRows(slots: usize, rows: i32, entries: usize, stride: i32): void {
  for (let end = slots + (<usize>rows << 2); slots < end; slots += 4) {
    const slot = load<i32>(slots);
    if (slot < 0) continue;
    const entry = entries + <usize>slot * <usize>stride;
    store<f64>(entry, load<f64>(entry) + 1);
  }
}
