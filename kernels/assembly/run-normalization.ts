export function runNormalization(code: i32, pc: usize, rows: i32, gradients: usize, firstRow: i32, key: u64): void {}
