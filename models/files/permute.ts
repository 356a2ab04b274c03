import type { NamedTensor } from './safetensors.ts';

/** A copy with its axes in another order: axis i of the result is axis `order[i]` of the tensor. */
export function permuted(tensor: NamedTensor, order: readonly number[]): NamedTensor {
  const { shape: old, values } = tensor;
  const strides = old.map((_, axis) => old.slice(axis + 1).reduce((product, size) => product * size, 1));
  const shape = order.map((axis) => old[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const result = new Float32Array(values.length);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return { shape, values: result };
}

/** A copy with the equal blocks of its first axis in another order: block i of the result is block `order[i]`. */
export function blocksReordered(tensor: NamedTensor, order: readonly number[]): NamedTensor {
  const length = tensor.values.length / order.length;
  const values = new Float32Array(tensor.values.length);
  order.forEach((block, i) => {
    values.set(tensor.values.subarray(block * length, (block + 1) * length), i * length);
  });
  return { shape: tensor.shape, values };
}

/** The order that undoes an order. */
export function inverse(order: readonly number[]): number[] {
  const result = new Array<number>(order.length);
  order.forEach((from, to) => {
    result[from] = to;
  });
  return result;
}
