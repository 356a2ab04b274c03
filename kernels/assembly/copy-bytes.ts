/** From here on the engine's own copy is faster. */
const LONG: usize = 128;

/** Copies bytes, and returns where the copy ends; short ones sixteen at a time: up to 15 too many are read and written. */
// @ts-ignore: decorator
@inline
export function copyBytes(from: usize, length: usize, out: usize): usize {
  if (length > LONG) memory.copy(out, from, length);
  else for (let i: usize = 0; i < length; i += 16) v128.store(out + i, v128.load(from + i));
  return out + length;
}
