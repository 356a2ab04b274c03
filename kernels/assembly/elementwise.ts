// Moving and adding rows: layout changes, joins of branches, checks for NaN and infinity.

/** Position of the first value that is NaN or infinite among `count` floats, or -1. */
export function firstNonFinite(pointer: usize, count: i32): i32 {
  const exponent = i32x4.splat(0x7f800000);
  const vectors = count & ~3;
  let i = 0;
  for (; i < vectors; i += 4) {
    const bits = v128.and(v128.load(pointer + ((<usize>i) << 2)), exponent);
    if (v128.any_true(i32x4.eq(bits, exponent))) break;
  }
  for (; i < count; i++) {
    if ((load<i32>(pointer + ((<usize>i) << 2)) & 0x7f800000) == 0x7f800000) return i;
  }
  return -1;
}

/** The largest magnitude's bits among `count` floats (a multiple of 4), as an integer: NaN and infinity come out largest. */
export function largestMagnitudeBits(pointer: usize, count: i32): i32 {
  const magnitude = i32x4.splat(0x7fffffff);
  let largest = i32x4.splat(0);
  const end = pointer + ((<usize>count) << 2);
  for (; pointer < end; pointer += 16) largest = i32x4.max_s(largest, v128.and(v128.load(pointer), magnitude));
  return max(
    max(i32x4.extract_lane(largest, 0), i32x4.extract_lane(largest, 1)),
    max(i32x4.extract_lane(largest, 2), i32x4.extract_lane(largest, 3)),
  );
}

/** y += x over `count` floats, a multiple of 4. */
export function addInto(x: usize, y: usize, count: i32): void {
  const end = x + ((<usize>count) << 2);
  for (; x < end; x += 16, y += 16) v128.store(y, f32x4.add(v128.load(y), v128.load(x)));
}

/** Copies `positions` runs of `width` floats for each of `rows` rows; strides in floats. What lies between the runs stays as it is. */
export function copyRows(rows: i32, positions: i32, width: i32, x: usize, stepX: i32, rowX: i32, y: usize, stepY: i32, rowY: i32): void {
  const bytes = (<usize>width) << 2;
  for (let i = 0; i < rows; i++) {
    let from = x;
    let to = y;
    for (let j = 0; j < positions; j++) {
      memory.copy(to, from, bytes);
      from += (<usize>stepX) << 2;
      to += (<usize>stepY) << 2;
    }
    x += (<usize>rowX) << 2;
    y += (<usize>rowY) << 2;
  }
}

/** x[outer][inner][width] to y[inner][outer][width]: batch-major to time-major, and back. */
export function swapLeadingAxes(outer: i32, inner: i32, width: i32, x: usize, ldx: i32, y: usize, ldy: i32): void {
  for (let j = 0; j < inner; j++) {
    for (let i = 0; i < outer; i++) {
      const source = x + (<usize>((i * inner + j) * ldx) << 2);
      let target = y + (<usize>((j * outer + i) * ldy) << 2);
      if (width & 3) memory.copy(target, source, (<usize>width) << 2);
      else for (let q = 0; q < width; q += 4) v128.store(target + ((<usize>q) << 2), v128.load(source + ((<usize>q) << 2)));
      for (let q = width; q < ldy; q++) store<f32>(target + ((<usize>q) << 2), 0);
    }
  }
}
