// Small building blocks for 128-bit vectors of four floats.

/** c + a * b, rounded twice: relaxed fused multiply-add would make bits depend on the machine. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(c, f32x4.mul(a, b));
}

/** The four lanes added pairwise, always in the same order. */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** Rounds a count of floats up to whole vectors. */
// @ts-ignore: decorator
@inline
export function paddedWidth(count: i32): i32 {
  return (count + 3) & ~3;
}

/** Sets `count` floats (rounded up to whole vectors) to zero. */
export function zeroFill(pointer: usize, count: i32): void {
  memory.fill(pointer, 0, (<usize>paddedWidth(count)) << 2);
}

/** Dot product of `count` floats: two running vectors, then the rest one by one. */
export function dotProduct(count: i32, a: usize, b: usize): f32 {
  let even = f32x4.splat(0);
  let odd = even;
  const pairsEnd = a + ((<usize>(count & ~7)) << 2);
  while (a < pairsEnd) {
    even = multiplyAdd(v128.load(a), v128.load(b), even);
    odd = multiplyAdd(v128.load(a, 16), v128.load(b, 16), odd);
    a += 32;
    b += 32;
  }
  let sum = sumLanes(f32x4.add(even, odd));
  for (let rest = count & 7; rest > 0; rest--) {
    sum += load<f32>(a) * load<f32>(b);
    a += 4;
    b += 4;
  }
  return sum;
}
