/** What kernels.wasm exports. Addresses and sizes are integers: bytes for addresses, floats for strides. See kernels/assembly. */
export interface KernelFunctions {
  run(
    pc: number,
    end: number,
    rows: number,
    gradients: number,
    scales: number,
    weights: number,
    weightKind: number,
    firstRow: number,
    keyLow: number,
    keyHigh: number,
  ): number;
  refusedPosition(): number;
  gemm(
    m: number,
    n: number,
    k: number,
    a: number,
    lda: number,
    b: number,
    ldb: number,
    panel: number,
    c: number,
    ldc: number,
    start: number,
    bias: number,
  ): void;
  packPanels(k: number, n: number, b: number, ldb: number, packed: number): void;
  gemmTransposed(
    m: number,
    k: number,
    n: number,
    a: number,
    lda: number,
    d: number,
    ldd: number,
    c: number,
    ldc: number,
    accumulate: number,
    scratch: number,
  ): void;
  gemmByDots(
    m: number,
    k: number,
    n: number,
    d: number,
    ldd: number,
    w: number,
    ldw: number,
    x: number,
    ldx: number,
    accumulate: number,
  ): void;
  columnSums(m: number, n: number, d: number, ldd: number, c: number, accumulate: number): void;
  transpose(k: number, n: number, w: number, ldw: number, t: number, ldt: number): void;
  activate(kind: number, x: number, y: number, count: number, slope: number): void;
  activateBackward(kind: number, value: number, d: number, count: number, slope: number): void;
  addInto(x: number, y: number, count: number): void;
  firstNonFinite(pointer: number, count: number): number;
  largestMagnitudeBits(pointer: number, count: number): number;
  sgdUpdate(count: number, p: number, g: number, rate: number, decay: number): void;
  momentumUpdate(count: number, p: number, g: number, v: number, rate: number, momentum: number, decay: number, nesterov: number): void;
  adagradUpdate(count: number, p: number, g: number, s: number, rate: number, epsilon: number, decay: number): void;
  rmspropUpdate(
    count: number,
    p: number,
    g: number,
    s: number,
    rate: number,
    keep: number,
    take: number,
    epsilon: number,
    decay: number,
  ): void;
  adamUpdate(
    count: number,
    p: number,
    g: number,
    m: number,
    v: number,
    rate: number,
    beta1: number,
    take1: number,
    beta2: number,
    take2: number,
    epsilon: number,
    correction1: number,
    correction2: number,
    decay: number,
    shrink: number,
  ): void;
  sumOfSquares(pointer: number, count: number): number;
  scaleBy(pointer: number, count: number, factor: number): void;
  orthonormalize(count: number, length: number, vectors: number): void;
}
