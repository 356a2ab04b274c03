// Layer normalization and softmax over the last axis. Only its first `width` floats count; up to `pitch` they are set to zero.

import { exponentialOf } from './math';

/** y = gamma (x - mean) / sqrt(variance + epsilon) + beta; `statistics` keeps (mean, 1 / deviation) of each position. */
export function layerNormForward(count: i32, width: i32, pitch: i32, x: usize, y: usize, gamma: usize, beta: usize, statistics: usize, epsilon: f32): void {
  const row = (<usize>pitch) << 2;
  const used = (<usize>width) << 2;
  for (let i = 0; i < count; i++) {
    let sum: f64 = 0;
    for (let j: usize = 0; j < used; j += 4) sum += <f64>load<f32>(x + j);
    const mean = <f32>(sum / <f64>width);
    let squares: f64 = 0;
    for (let j: usize = 0; j < used; j += 4) {
      const d = <f64>(load<f32>(x + j) - mean);
      squares += d * d;
    }
    const inverse = <f32>(1 / sqrt<f64>(squares / <f64>width + <f64>epsilon));
    store<f32>(statistics, mean);
    store<f32>(statistics + 4, inverse);
    for (let j: usize = 0; j < used; j += 4) {
      store<f32>(y + j, (load<f32>(x + j) - mean) * inverse * load<f32>(gamma + j) + load<f32>(beta + j));
    }
    memory.fill(y + used, 0, row - used);
    statistics += 8;
    x += row;
    y += row;
  }
}

export function layerNormBackward(
  count: i32, width: i32, pitch: i32, x: usize, gamma: usize, statistics: usize, dy: usize, dx: usize, dGamma: usize, dBeta: usize,
): void {
  const row = (<usize>pitch) << 2;
  const used = (<usize>width) << 2;
  memory.fill(dGamma, 0, row);
  memory.fill(dBeta, 0, row);
  for (let i = 0; i < count; i++) {
    const mean = load<f32>(statistics);
    const inverse = load<f32>(statistics + 4);
    let sum: f64 = 0;
    let product: f64 = 0;
    for (let j: usize = 0; j < used; j += 4) {
      const d = load<f32>(dy + j);
      const normal = (load<f32>(x + j) - mean) * inverse;
      store<f32>(dGamma + j, load<f32>(dGamma + j) + d * normal);
      store<f32>(dBeta + j, load<f32>(dBeta + j) + d);
      sum += <f64>(d * load<f32>(gamma + j));
      product += <f64>(d * load<f32>(gamma + j) * normal);
    }
    if (dx) {
      const shift = <f32>(sum / <f64>width);
      const tilt = <f32>(product / <f64>width);
      for (let j: usize = 0; j < used; j += 4) {
        const normal = (load<f32>(x + j) - mean) * inverse;
        store<f32>(dx + j, inverse * (load<f32>(dy + j) * load<f32>(gamma + j) - shift - normal * tilt));
      }
      memory.fill(dx + used, 0, row - used);
      dx += row;
    }
    statistics += 8;
    x += row;
    dy += row;
  }
}

export function softmaxForward(count: i32, width: i32, pitch: i32, x: usize, y: usize): void {
  const row = (<usize>pitch) << 2;
  const used = (<usize>width) << 2;
  for (let i = 0; i < count; i++) {
    let largest = load<f32>(x);
    for (let j: usize = 4; j < used; j += 4) largest = max(largest, load<f32>(x + j));
    let sum: f32 = 0;
    for (let j: usize = 0; j < used; j += 4) {
      const e = exponentialOf(load<f32>(x + j) - largest);
      store<f32>(y + j, e);
      sum += e;
    }
    for (let j: usize = 0; j < used; j += 4) store<f32>(y + j, load<f32>(y + j) / sum);
    memory.fill(y + used, 0, row - used);
    x += row;
    y += row;
  }
}

/** dx = y (dy - sum(y dy)). */
export function softmaxBackward(count: i32, width: i32, pitch: i32, y: usize, dy: usize, dx: usize): void {
  const row = (<usize>pitch) << 2;
  const used = (<usize>width) << 2;
  for (let i = 0; i < count; i++) {
    let sum: f32 = 0;
    for (let j: usize = 0; j < used; j += 4) sum += load<f32>(y + j) * load<f32>(dy + j);
    for (let j: usize = 0; j < used; j += 4) store<f32>(dx + j, load<f32>(y + j) * (load<f32>(dy + j) - sum));
    memory.fill(dx + used, 0, row - used);
    y += row;
    dy += row;
    dx += row;
  }
}
