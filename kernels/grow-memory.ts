const PAGE = 65_536;
const MOST_BYTES = 2 ** 32;

/**
 * Makes a memory at least `bytes` long; returns whether it has grown, which takes away all views of it.
 *
 * @throws RangeError when the memory cannot be had.
 */
export function growMemory(memory: WebAssembly.Memory, bytes: number): boolean {
  const { byteLength } = memory.buffer;
  if (bytes <= byteLength) return false;
  // An eighth more at least, so that it happens seldom where the engine copies what is there.
  memory.grow(Math.ceil(Math.max(bytes - byteLength, Math.min(byteLength / 8, MOST_BYTES - byteLength)) / PAGE));
  return true;
}
