// Smallest and largest of words, added to what `state` holds: least | most, each as wide as a word. Regions may be read 16 bytes beyond their end.

/** NaN is passed over: a comparison with it is false, and `pmin(a, b)` is `b < a ? b : a`. */
export function rangeF64(values: usize, count: u32, state: usize): void {
  let least = f64x2.splat(load<f64>(state));
  let most = f64x2.splat(load<f64>(state, 8));
  let i: u32 = 0;
  for (; i + 2 <= count; i += 2) {
    const pair = v128.load(values + (<usize>i << 3));
    least = f64x2.pmin(least, pair);
    most = f64x2.pmax(most, pair);
  }
  if (i < count) {
    const one = v128.load64_splat(values + (<usize>i << 3));
    least = f64x2.pmin(least, one);
    most = f64x2.pmax(most, one);
  }
  store<f64>(state, min<f64>(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1)));
  store<f64>(state, max<f64>(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1)), 8);
}

export function rangeF32(values: usize, count: u32, state: usize): void {
  let least = load<f32>(state);
  let most = load<f32>(state, 4);
  let low = f32x4.splat(least);
  let high = f32x4.splat(most);
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) {
    const four = v128.load(values + (<usize>i << 2));
    low = f32x4.pmin(low, four);
    high = f32x4.pmax(high, four);
  }
  least = min<f32>(min<f32>(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)), min<f32>(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)));
  most = max<f32>(max<f32>(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)), max<f32>(f32x4.extract_lane(high, 2), f32x4.extract_lane(high, 3)));
  for (; i < count; i++) {
    const value = load<f32>(values + (<usize>i << 2));
    if (value < least) least = value;
    if (value > most) most = value;
  }
  store<f32>(state, least);
  store<f32>(state, most, 4);
}

export function rangeI32(values: usize, count: u32, state: usize): void {
  range<i32>(values, count, state);
}

export function rangeU32(values: usize, count: u32, state: usize): void {
  range<u32>(values, count, state);
}

export function rangeI64(values: usize, count: u32, state: usize): void {
  range<i64>(values, count, state);
}

export function rangeU64(values: usize, count: u32, state: usize): void {
  range<u64>(values, count, state);
}

// @ts-ignore: decorator
@inline
function range<T>(values: usize, count: u32, state: usize): void {
  let least = load<T>(state);
  let most = load<T>(state, sizeof<T>());
  const end = values + <usize>count * sizeof<T>();
  for (let at = values; at < end; at += sizeof<T>()) {
    const value = load<T>(at);
    least = select<T>(value, least, value < least);
    most = select<T>(value, most, value > most);
  }
  store<T>(state, least);
  store<T>(state, most, sizeof<T>());
}
