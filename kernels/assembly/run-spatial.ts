export function runSpatial(code: i32, pc: usize, rows: i32, gradients: usize): void {}
