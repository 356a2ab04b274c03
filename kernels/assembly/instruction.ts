// Reading an instruction's arguments: [opcode, length, argument 0, argument 1, ...].

// @ts-ignore: decorator
@inline
export function word(pc: usize, index: i32): i32 {
  return load<i32>(pc + 8 + ((<usize>index) << 2));
}

// @ts-ignore: decorator
@inline
export function address(pc: usize, index: i32): usize {
  return load<usize>(pc + 8 + ((<usize>index) << 2));
}

// @ts-ignore: decorator
@inline
export function real(pc: usize, index: i32): f32 {
  return load<f32>(pc + 8 + ((<usize>index) << 2));
}
