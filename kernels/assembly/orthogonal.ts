// Rows that stand at right angles to one another, in double precision.

// @ts-ignore: decorator
@inline
function at(vectors: usize, length: i32, row: i32): usize {
  return vectors + ((<usize>(row * length)) << 3);
}

/** Sum of products from the first to the last: the order is part of a network's first weights. */
function dot(length: i32, a: usize, b: usize): f64 {
  let sum: f64 = 0;
  for (let end = a + ((<usize>length) << 3); a < end; a += 8, b += 8) sum += load<f64>(a) * load<f64>(b);
  return sum;
}

/**
 * Makes `count` rows of `length` doubles orthogonal and of length one, in place: Gram-Schmidt, applied twice to each row, since once loses
 * orthogonality to rounding.
 */
export function orthonormalize(count: i32, length: i32, vectors: usize): void {
  for (let i = 0; i < count; i++) {
    const row = at(vectors, length, i);
    const end = row + ((<usize>length) << 3);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        let other = at(vectors, length, j);
        const share = dot(length, row, other);
        for (let p = row; p < end; p += 8, other += 8) store<f64>(p, load<f64>(p) - share * load<f64>(other));
      }
    }
    const norm = sqrt<f64>(dot(length, row, row));
    for (let p = row; p < end; p += 8) store<f64>(p, load<f64>(p) / norm);
  }
}
