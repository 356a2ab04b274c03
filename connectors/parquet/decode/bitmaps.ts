/** Puts a bitmap whose first bit stands where that of row `at` does; the bits of the rows before it stay. */
export function putBits(bits: Uint8Array, into: Uint8Array, at: number): void {
  const before = (into[at >> 3] ?? 0) & ((1 << (at & 7)) - 1);
  into.set(bits, at >> 3);
  if (before !== 0) into[at >> 3] = (into[at >> 3] as number) | before;
}

/** Puts `count` bits from bit `from` on at bit `at`; the bits before it stay, those after them may change. */
export function copyBits(bits: Uint8Array, from: number, count: number, into: Uint8Array, at: number): void {
  if (count === 0) return;
  const first = at >> 3;
  const last = (at + count - 1) >> 3;
  const before = (into[first] as number) & ((1 << (at & 7)) - 1);
  // Where the bit that becomes the lowest of a byte lies.
  let source = from - (at & 7);
  for (let byte = first; byte <= last; byte++, source += 8) {
    const low = source >> 3;
    into[byte] = (((bits[low] ?? 0) | ((bits[low + 1] ?? 0) << 8)) >> (source & 7)) & 0xff;
  }
  into[first] = ((into[first] as number) & ~((1 << (at & 7)) - 1)) | before;
}
